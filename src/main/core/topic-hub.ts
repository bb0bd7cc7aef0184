import {
  TOPIC_CHANGES,
  TOPICS,
  topicsOf,
  type Topic,
  type TopicEvent,
  type TopicGroup,
  type TopicState,
  type WholeStates,
} from '../../shared/contract';
import { changeBetween } from '../../shared/topic-change';

/** How each topic's state is computed from what the services hold. */
export type TopicSources = { readonly [T in Topic]: () => TopicState<T> };

const TOPIC_NAMES = Object.keys(TOPICS) as Topic[];
const GROUPS: readonly TopicGroup[] = ['till', 'display'];
const GROUP_OF = new Map(GROUPS.flatMap((group) => topicsOf(group).map((topic) => [topic, group] as const)));

/** Those who hear a group of topics, and the number of the last event they were told. */
interface Group {
  readonly listeners: Set<(event: TopicEvent) => void>;
  seq: number;
}

/**
 * Tells screens what changed. Services mark a topic when a fact that shows in it was committed; in the turn after the
 * command's answer each marked topic is computed once, parsed, numbered and sent to those who hear its group. A topic that
 * nobody marked, or nobody hears, costs nothing.
 */
export class TopicHub {
  readonly #sources: TopicSources;
  readonly #onError: (error: unknown) => void;
  readonly #states = new Map<Topic, TopicState<Topic>>();
  readonly #marked = new Set<Topic>(TOPIC_NAMES);
  readonly #groups: Readonly<Record<TopicGroup, Group>> = {
    till: { listeners: new Set(), seq: 0 },
    display: { listeners: new Set(), seq: 0 },
  };
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

  /** The number that the last of a group's topics marked now will be sent under. */
  nextSeq(group: TopicGroup): number {
    return this.#groups[group].seq + topicsOf(group).filter((topic) => this.#marked.has(topic)).length;
  }

  /**
   * Sends every marked topic that somebody hears now.
   * @throws what the first of them threw that could not be told; it holds back none of the others
   */
  flush(): void {
    if (this.#closed) return;
    const errors: unknown[] = [];
    for (const topic of this.#marked) {
      const group = groupOfTopic(topic);
      if (this.#groups[group].listeners.size === 0) continue;
      try {
        this.#tell(topic, group);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #tell<T extends Topic>(topic: T, groupName: TopicGroup): void {
    const group = this.#groups[groupName];
    const state: TopicState<T> = this.#sources[topic]();
    const change = TOPIC_CHANGES[topic].parse(changeBetween(topic, this.#stateOf(topic), state));
    this.#marked.delete(topic);
    this.#states.set(topic, state);
    group.seq += 1;
    const event = { topic, seq: group.seq, state: change } as unknown as TopicEvent;
    for (const listener of [...group.listeners]) listener(event);
  }

  #stateOf<T extends Topic>(topic: T): TopicState<T> | undefined {
    return this.#states.get(topic) as TopicState<T> | undefined;
  }

  /** A topic as of its last event. */
  state<T extends Topic>(topic: T): TopicState<T> {
    if (!this.#states.has(topic)) this.#tell(topic, groupOfTopic(topic));
    return this.#stateOf(topic) as TopicState<T>;
  }

  /** Every topic of a group as of the last event, with its sequence number. */
  snapshot<G extends TopicGroup>(group: G): WholeStates[G] {
    const topics = topicsOf(group);
    for (const topic of topics) if (this.#marked.has(topic) && !this.#closed) this.#tell(topic, group);
    const states = Object.fromEntries(topics.map((topic) => [topic, this.#states.get(topic)]));
    return { seq: this.#groups[group].seq, ...states } as unknown as WholeStates[G];
  }

  /** Hears every event of a group from the next one on. */
  subscribe(group: TopicGroup, listener: (event: TopicEvent) => void): () => void {
    const { listeners } = this.#groups[group];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Tells nothing any more. */
  close(): void {
    this.#closed = true;
    for (const group of GROUPS) this.#groups[group].listeners.clear();
  }
}

function groupOfTopic(topic: Topic): TopicGroup {
  return GROUP_OF.get(topic) ?? 'till';
}
