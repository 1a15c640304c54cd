/** The little that the page needs to make its elements: text is always text, never markup. */

type Given = Partial<Record<"class" | "id" | "type" | "role" | "name" | "value" | "href" | "lang" | "list" | "aria-live" | "aria-labelledby" | "aria-label", string>>;
type Child = Node | string | null;

export function el<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, given: Given = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function button(words: string, given: Given, pressed: () => void): HTMLButtonElement {
  const made = el("button", { type: "button", ...given }, words);
  made.addEventListener("click", pressed);
  return made;
}

const shown = new WeakMap<Element, string>();

/** Fill the element anew only when what it says has changed: a reader is not interrupted, and a finger hits what it aims at. */
export function fill(element: Element, says: unknown, build: () => Child[]): void {
  const now = JSON.stringify(says);
  if (shown.get(element) === now) return;
  shown.set(element, now);
  element.replaceChildren(...build().filter((child) => child !== null));
}
