import { css } from "lit";

export const fleetStyles = css`
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
`;
