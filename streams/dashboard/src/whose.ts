/** Whose page this is. Every call says so, and the centre refuses what the session of another would sign (decision 0815). */

/** `to`: who is signed in in this browser now; null: nobody that is known. */
export class Ended extends Event {
  constructor(readonly to: string | null) {
    super("ended");
  }
}

/** The session is over, or is another person's since. */
export const sessionEnded = new EventTarget();

/** For a call of this person (AGENCY/person); before it is known who it is, nothing can be said. */
export const asWhom = (person: string | null): Record<string, string> => (person ? { "ric-as": person } : {});

/** What a 401 tells: the page ends. */
export function end(problem: unknown): void {
  sessionEnded.dispatchEvent(new Ended((problem as { signed_in?: string } | null)?.signed_in ?? null));
}

class Whose {
  /** Of all this page says, for as long as it is open. */
  person: string | null = null;
  private readonly tabs = new BroadcastChannel("ric-whose");

  constructor() {
    this.tabs.onmessage = ({ data }: MessageEvent<string>) => {
      if (this.person !== null && data !== this.person) sessionEnded.dispatchEvent(new Ended(data));
      else this.again();
    };
  }

  /** Signed in: pages of others in this browser end at once, and need not be told by a refusal. */
  is(person: string): void {
    this.person = person;
    this.tabs.postMessage(person);
  }

  /** The same person signed in again in another tab. */
  again: () => unknown = () => undefined;
}

export const whose = new Whose();
