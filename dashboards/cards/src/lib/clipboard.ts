/** Copies a text; tells whether it could. Where Home Assistant is reached without TLS, browsers have no clipboard for pages. */
export async function copy(
  root: HTMLElement | DocumentFragment,
  text: string,
): Promise<boolean> {
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (clipboard) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed: then as below.
    }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  root.append(field);
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else works without TLS
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
