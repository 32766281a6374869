import { css } from "lit";

export const storeStyles = css`
  .figures {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(84px, 1fr));
    gap: 8px 12px;
    padding: 0 16px 8px;
    font-variant-numeric: tabular-nums;
  }
  .figures.small {
    display: flex;
    gap: 8px 20px;
    flex-wrap: wrap;
    max-height: 40px;
    overflow: hidden;
  }
  .figure.bad .title {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
  }
  .trend {
    height: 28px;
    padding: 0 16px 8px;
  }
  .work > * {
    margin: 0 16px 8px;
    padding: 0;
    overflow-wrap: anywhere;
  }
  .tools {
    padding-block-start: 8px;
  }
  form.tools {
    border-block-start: 1px solid var(--divider-color);
  }
  .tools.centred {
    justify-content: center;
    padding-block-end: 24px;
  }
  .tables {
    margin: 0;
    padding: 8px 16px 4px;
    list-style: none;
    border-block-start: 1px solid var(--divider-color);
  }
  .table {
    padding: 4px 0;
  }
  .table .row {
    display: flex;
    gap: 12px;
    justify-content: space-between;
  }
  .table .bytes {
    flex: none;
    font-variant-numeric: tabular-nums;
  }
  .table .track {
    margin-block: 4px;
  }
  .table .title {
    font-weight: normal;
  }
`;
