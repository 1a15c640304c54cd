/** The base of every element: rendered into the page itself, so that one style sheet and one label association reach everything. */

import { LitElement } from "lit";

export class Page extends LitElement {
  protected override createRenderRoot(): this {
    return this;
  }
}
