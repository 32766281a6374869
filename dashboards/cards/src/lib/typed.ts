import { noChange } from "lit";
import {
  Directive,
  PartType,
  directive,
  type ElementPart,
  type PartInfo,
} from "lit/directive.js";

class Typed extends Directive {
  #shown: string | undefined;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) {
      throw new Error("`typed` belongs into the tag of a field");
    }
  }

  render(_value: string): typeof noChange {
    return noChange;
  }

  override update(
    part: ElementPart,
    [value]: [value: string],
  ): typeof noChange {
    if (value !== this.#shown && !part.element.matches(":focus")) {
      this.#shown = value;
      (part.element as HTMLInputElement).value = value;
    }
    return noChange;
  }
}

/** Shows a value in a text field, but takes nothing from who is typing, nor what was typed and refused. */
export const typed = directive(Typed);
