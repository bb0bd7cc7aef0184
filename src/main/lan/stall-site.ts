import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Page, PageFrame } from '../../pages/layout';
import type { PageProblem } from '../../pages/problem';
import type { Format } from '../../shared/format';
import type { StallFront, StallOffer } from '../../shared/shop-schemas';
import type { StallLink } from './stall-link';

/** One part of what the stall server serves. Its routes answer only while the operator offers it. */
export interface StallSite {
  readonly offer: StallOffer;
  /** Registers routes in a scope of its own; what it opens it closes in an `onClose` hook. */
  register(app: FastifyInstance, stall: StallPages): void;
}

/** What a page is drawn with. */
export interface PageWorld {
  readonly front: StallFront;
  readonly frame: PageFrame;
  readonly format: Format;
  /** ISO instant. */
  readonly now: string;
}

/** What the server gives each of its sites. */
export interface StallPages {
  readonly link: StallLink;
  readonly dataDir: string;
  /** The folder resources/fonts. */
  readonly fontsFolder: string;
  /** The built windows, `out/renderer`; there is none in a tree that was not built. */
  readonly rendererDir: string;
  /** Something went wrong that no shopper can mend. */
  readonly onProblem: (error: unknown) => void;
  /** What is shown of the stall now. */
  front(): Promise<StallFront>;
  /**
   * Answers with a page. `draw` runs with every message in the asker's language, and must be done when it returns.
   * @throws {CallRefused} what `read` throws
   */
  show<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    page: {
      /**
       * Under what the page is kept until something shown changes, besides its language; null to make it each time and let
       * nobody keep it, as everything must be that is one shopper's own.
       */
      readonly key: string | null;
      readonly read: () => Promise<T>;
      readonly draw: (data: T, world: PageWorld) => Page;
      readonly status?: number;
    },
  ): Promise<FastifyReply>;
  /** Answers that something is not there, or cannot be done now. */
  sorry(request: FastifyRequest, reply: FastifyReply, problem: PageProblem): Promise<FastifyReply>;
  /** Serves WebSockets at a path; those of other hosts and origins never get there. */
  socket(path: string, serve: (client: WebSocket, request: IncomingMessage) => void): void;
  /** A person came by a code at the stall or looks at goods: counted once in a while for each phone, and nobody knows which. */
  came(request: FastifyRequest): void;
}
