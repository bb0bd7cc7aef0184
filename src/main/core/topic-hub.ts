import {
  TOPIC_CHANGES,
  TOPICS,
  type Topic,
  type TopicEvent,
  type TopicState,
  type WholeState,
} from '../../shared/contract';
import { changeBetween } from '../../shared/topic-change';

/** How each topic's state is computed from what the services hold. */
export type TopicSources = { readonly [T in Topic]: () => TopicState<T> };

const TOPIC_NAMES = Object.keys(TOPICS) as Topic[];

/**
 * Tells screens what changed. Services mark a topic when a fact that shows in it was committed; in the turn after the
 * command's answer each marked topic is computed once, parsed, numbered and sent. A topic nobody marked costs nothing.
 */
export class TopicHub {
  readonly #sources: TopicSources;
  readonly #onError: (error: unknown) => void;
  readonly #states = new Map<Topic, TopicState<Topic>>();
  readonly #marked = new Set<Topic>(TOPIC_NAMES);
  readonly #listeners = new Set<(event: TopicEvent) => void>();
  #seq = 0;
  #flushScheduled = false;
  #closed = false;

  /** @param onError hears why a topic could not be told in a turn of its own, where no caller could be answered */
  constructor(sources: TopicSources, onError: (error: unknown) => void) {
    this.#sources = sources;
    this.#onError = onError;
  }

  /** Says that a topic is no longer what was last sent. It is sent in the next turn, or with a snapshot. */
  mark(...topics: readonly Topic[]): void {
    for (const topic of topics) this.#marked.add(topic);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      try {
        this.flush();
      } catch (error) {
        this.#onError(error);
      }
    });
  }

  /** The number that the last of the topics marked now will be sent under. */
  nextSeq(): number {
    return this.#seq + this.#marked.size;
  }

  /** Sends every marked topic now. */
  flush(): void {
    if (this.#closed) return;
    for (const topic of this.#marked) {
      const state = this.#sources[topic]();
      const change = TOPIC_CHANGES[topic].parse(changeBetween(topic, this.#states.get(topic), state));
      this.#marked.delete(topic);
      this.#states.set(topic, state);
      this.#seq += 1;
      const event = { topic, seq: this.#seq, state: change } as TopicEvent;
      for (const listener of [...this.#listeners]) listener(event);
    }
  }

  /** A topic as of its last event. */
  state<T extends Topic>(topic: T): TopicState<T> {
    if (!this.#states.has(topic)) this.flush();
    return this.#states.get(topic) as TopicState<T>;
  }

  /** Everything as of the last event, with its sequence number. */
  snapshot(): WholeState {
    this.flush();
    return { seq: this.#seq, ...Object.fromEntries(this.#states) } as WholeState;
  }

  /** Hears every event from the next one on. */
  subscribe(listener: (event: TopicEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells nothing any more. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }
}
