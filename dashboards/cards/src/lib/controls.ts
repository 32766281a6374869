// What people set variables with, and read them by: a row for each.
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { styleMap } from "lit/directives/style-map.js";
import {
  axisValue,
  colorLike,
  controlOf,
  withAxis,
  written,
  type Control,
  type Json,
  type Variable,
} from "./entity";
import { decimalsOf } from "./format";
import type { Locale } from "./hass";
import type { Points } from "./history";
import { spark } from "./spark";
import { sharedTexts } from "./texts";
import { typed } from "./typed";

interface Input {
  variable: Variable;
  /** What is shown: what was set here goes before what came back. */
  value: Json;
  label: string;
  locale: Locale;
  disabled: boolean;
  error: string | undefined;
  points: Points | undefined;
  set(value: Json): void;
  /** Tell that what was typed in is no value at all. */
  refuse(reason: string | undefined): void;
}

type Render<Kind extends Control["kind"]> = (
  input: Input,
  control: Extract<Control, { kind: Kind }>,
) => TemplateResult;

const CONTROLS: { [Kind in Control["kind"]]: Render<Kind> } = {
  slider: (input, { min, max, step }) => {
    const number = typeof input.value === "number" ? input.value : min;
    const share = Math.min(1, Math.max(0, (number - min) / (max - min)));
    return html`<span class="value"
        >${shownValue(input.variable, input.value, input.locale)}</span
      >
      <div class="slider wide">
        <input
          type="range"
          aria-label=${input.label}
          aria-valuetext=${shownValue(input.variable, input.value, input.locale)}
          aria-invalid=${input.error ? "true" : "false"}
          min=${min}
          max=${max}
          step=${step}
          style=${styleMap({ "--share": `${share * 100}%` })}
          .value=${live(String(number))}
          ?disabled=${input.disabled}
          @input=${(event: Event) => {
            input.set(numberOf(event));
          }}
        />
        ${moves(input.points) ? spark(input.points, number) : nothing}
      </div>`;
  },
  number: (input, { min, max, step }) =>
    html`<span class="reading">
      <input
        type="number"
        aria-label=${input.label}
        aria-invalid=${input.error ? "true" : "false"}
        min=${min ?? nothing}
        max=${max ?? nothing}
        step=${step ?? "any"}
        ${typed(shownText(input.variable.value))}
        ?disabled=${input.disabled}
        @change=${(event: Event) => {
          setNumber(input, event, (number) => number);
        }}
      />
      ${
        input.variable.unit
          ? html`<span class="value">${input.variable.unit}</span>`
          : nothing
      }
    </span>`,
  switch: (input) =>
    html`<button
      class="switch"
      role="switch"
      aria-label=${input.label}
      aria-checked=${input.value === true ? "true" : "false"}
      ?disabled=${input.disabled}
      @click=${() => {
        input.set(input.value !== true);
      }}
    ></button>`,
  button: (input) =>
    html`<button
      class="pill primary"
      aria-label=${input.label}
      ?disabled=${input.disabled}
      @click=${() => {
        input.set(true);
      }}
    >
      ${sharedTexts(input.locale.language)("press")}
    </button>`,
  select: (input, { options }) =>
    html`<select
      aria-label=${input.label}
      aria-invalid=${input.error ? "true" : "false"}
      ?disabled=${input.disabled}
      @change=${(event: Event) => {
        input.set((event.target as HTMLSelectElement).value);
      }}
    >
      ${
        options.includes(shownText(input.value))
          ? nothing
          : html`<option value="" disabled selected>
              ${shownValue(input.variable, input.value, input.locale)}
            </option>`
      }
      ${options.map(
        (option) =>
          html`<option
            value=${option}
            .selected=${option === shownText(input.value)}
          >
            ${option}
          </option>`,
      )}
    </select>`,
  color: (input) => {
    const set = input.value !== input.variable.value;
    return html`<input
      type="color"
      aria-label=${input.label}
      .value=${live((set ? null : input.variable.hex) ?? hexOf(input.value))}
      ?disabled=${input.disabled}
      @input=${(event: Event) => {
        input.set(
          colorLike(
            input.variable.value,
            (event.target as HTMLInputElement).value,
          ),
        );
      }}
    />`;
  },
  axes: (input, { axes }) =>
    html`<span class="value">${input.variable.unit ?? ""}</span>
      <div class="axes wide">
        ${axes.map(
          (axis) =>
            html`<label
              ><span>${axis}</span>
              <input
                type="number"
                step="any"
                aria-label="${input.label} ${axis}"
                ${typed(String(axisValue(input.variable.value, axis) ?? ""))}
                ?disabled=${input.disabled}
                @change=${(event: Event) => {
                  setNumber(input, event, (number) =>
                    withAxis(input.value, axes, axis, number),
                  );
                }}
              />
            </label>`,
        )}
      </div>`,
  text: (input) =>
    html`<input
      type="text"
      aria-label=${input.label}
      aria-invalid=${input.error ? "true" : "false"}
      ${typed(shownText(input.variable.value))}
      ?disabled=${input.disabled}
      @change=${(event: Event) => {
        input.set((event.target as HTMLInputElement).value);
      }}
    />`,
  json: (input) => {
    return html`<span class="value"
        >${shownValue(input.variable, input.value, input.locale)}</span
      >
      <details class="wide">
        <summary>
          ${sharedTexts(input.locale.language)("edit", { name: input.label })}
        </summary>
        <textarea
          rows="6"
          spellcheck="false"
          aria-label=${input.label}
          aria-invalid=${input.error ? "true" : "false"}
          ?disabled=${input.disabled}
          ${typed(JSON.stringify(input.variable.value, null, 2))}
        ></textarea>
        <button
          class="pill primary"
          ?disabled=${input.disabled}
          @click=${(event: Event) => {
            setJson(input, event);
          }}
        >
          ${sharedTexts(input.locale.language)("set")}
        </button>
      </details>`;
  },
};

/** What a text field shows of a value that may be something else. */
function shownText(value: Json): string {
  if (value === null) {
    return "";
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What sets a variable, alone. */
export function renderControl(input: Input): TemplateResult {
  const control = controlOf(input.variable);
  const render: (input: Input, control: never) => TemplateResult =
    CONTROLS[control.kind];
  return render(input, control as never);
}

/** A variable that others set. */
export function renderInput(input: Input): TemplateResult {
  return html`<div class="row input" data-variable=${input.variable.name}>
    <span class="label" title=${input.variable.description || nothing}
      >${input.label}</span
    >
    ${renderControl(input)}
    ${
      input.error
        ? html`<div class="error wide" role="alert">${input.error}</div>`
        : nothing
    }
  </div>`;
}

/** A variable that the thing itself reports. */
export function renderOutput(
  variable: Variable,
  locale: Locale,
  points: Points | undefined,
): TemplateResult {
  const current =
    typeof variable.value === "number" ? variable.value : undefined;
  return html`<div class="row output" data-variable=${variable.name}>
    <span class="label" title=${variable.description || nothing}
      >${variable.label}</span
    >
    <span class="reading">
      ${spark(points, current)}
      ${
        variable.hex
          ? html`<span
              class="swatch"
              style=${styleMap({ backgroundColor: variable.hex })}
            ></span>`
          : nothing
      }
      <span class="value">${shownValue(variable, variable.value, locale)}</span>
    </span>
    ${
      variable.warning
        ? html`<div class="error wide">${variable.warning}</div>`
        : nothing
    }
  </div>`;
}

function shownValue(variable: Variable, value: Json, locale: Locale): string {
  const control = controlOf(variable);
  return written(value, locale, {
    unit: variable.unit,
    decimals:
      control.kind === "slider" ? decimalsOf(control.step) : variable.decimals,
    ...(control.kind === "axes" ? { axes: control.axes } : {}),
  });
}

/** A line that never moves would strike the slider through. */
function moves(points: Points | undefined): boolean {
  return points?.some(([, value]) => value !== points[0]?.[1]) ?? false;
}

function numberOf(event: Event): number {
  return (event.target as HTMLInputElement).valueAsNumber;
}

function setNumber(
  input: Input,
  event: Event,
  value: (number: number) => Json,
): void {
  const number = numberOf(event);
  if (Number.isFinite(number)) {
    input.set(value(number));
  }
}

function setJson(input: Input, event: Event): void {
  const field = (event.target as Element)
    .closest("details")
    ?.querySelector("textarea");
  try {
    const value = JSON.parse(field?.value ?? "") as Json;
    input.refuse(undefined);
    input.set(value);
  } catch {
    input.refuse(sharedTexts(input.locale.language)("not_json"));
  }
}

function hexOf(value: Json): string {
  if (typeof value === "string") {
    if (/^#[\da-f]{6}$/i.test(value)) {
      return value;
    }
    const parts = value.match(/\d+/g)?.slice(0, 3) ?? [];
    if (parts.length === 3) {
      return `#${parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
    }
  }
  return "#000000";
}
