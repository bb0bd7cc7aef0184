interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What is asked while an earlier question is under way waits, and goes together into the next one: a busy database is asked
 * less often, an idle one at once. Nobody's answer was looked up before he asked.
 */
export class Together<Ask, Answer> {
  readonly #work: (asks: readonly Ask[]) => Promise<readonly Answer[]>;
  readonly #howMany: (waiting: readonly Ask[]) => number;
  readonly #onIdle: () => void;
  #waiting: Waiting<Ask, Answer>[] = [];
  #isUnderWay = false;

  /**
   * @param options.work answers every ask, in their order; when it rejects, all of them are rejected
   * @param options.howMany of those that wait, the oldest first, may go together: one at least; default all
   * @param options.onIdle nobody waits any more
   */
  constructor(options: {
    readonly work: (asks: readonly Ask[]) => Promise<readonly Answer[]>;
    readonly howMany?: (waiting: readonly Ask[]) => number;
    readonly onIdle?: () => void;
  }) {
    this.#work = options.work;
    this.#howMany = options.howMany ?? (({ length }) => length);
    this.#onIdle = options.onIdle ?? (() => undefined);
  }

  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ask, resolve, reject });
      if (!this.#isUnderWay) void this.#answerAll();
    });
  }

  async #answerAll(): Promise<void> {
    this.#isUnderWay = true;
    while (this.#waiting.length > 0) {
      const turn = this.#waiting.splice(0, this.#howMany(this.#waiting.map(({ ask }) => ask)));
      try {
        const answers = await this.#work(turn.map(({ ask }) => ask));
        turn.forEach(({ resolve }, index) => resolve(answers[index] as Answer));
      } catch (error) {
        for (const { reject } of turn) reject(error);
      }
    }
    this.#isUnderWay = false;
    this.#onIdle();
  }
}
