/** Thread of the `phones` bench: two hundred phones that look around and hold things until they are stopped. */
import { Agent, request } from 'node:http';
import { constants, setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

export const PHONES = 200;
/** Between two looks of one phone. */
export const LOOK_EVERY_MS = 4_000;

/** What the thread says when it was stopped. */
export interface CrowdTold {
  readonly answers: number;
  /** Of them: told to wait. */
  readonly refused: number;
}

if (parentPort !== null) {
  // Phones have processors of their own; here they are to take none that the till wants.
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
  const port = parentPort;
  const crowd = startCrowd(String(workerData));
  port.once('message', () => {
    void crowd.stop().then((told) => port.postMessage(told));
  });
}

/** Phones that look around until they are stopped. */
function startCrowd(url: string): { stop(): Promise<CrowdTold> } {
  let isOver = false;
  let answers = 0;
  let refused = 0;
  async function phone(index: number): Promise<void> {
    const localAddress = `127.0.1.${index + 1}`;
    const agent = new Agent({ keepAlive: true, maxSockets: 6 });
    const get = async (path: string): Promise<string> => {
      const { status, text } = await ask(`${url}${path}`, { agent, localAddress });
      answers += 1;
      if (status === 429 || status === 503) refused += 1;
      return text;
    };
    await pause((index / PHONES) * LOOK_EVERY_MS);
    while (!isOver) {
      const gallery = await get('/');
      const photos = [...gallery.matchAll(/src="(\/photo\/[^"]+)"/g)].slice(0, 4);
      await Promise.all(photos.map(([, path = '']) => get(path)));
      const items = [...gallery.matchAll(/href="(\/item\/[^"]+)"/g)];
      const [, item] = items[index % Math.max(1, items.length)] ?? [];
      if (item !== undefined) {
        const page = await get(item);
        const [, hold] = /href="(\/hold[^"]*)"/.exec(page) ?? [];
        if (hold !== undefined && index % 3 === 0) await holdSomething(hold);
      }
      await pause(LOOK_EVERY_MS);
    }
    agent.destroy();

    /** Sends the form of a hold as it stands on its page. */
    async function holdSomething(path: string): Promise<void> {
      const page = await get(path);
      const [, action = path] = /<form[^>]*action="([^"]*)"/.exec(page) ?? [];
      const fields = new URLSearchParams();
      for (const [, tag = ''] of page.matchAll(/<input([^>]*)>/g)) {
        const [, name] = /name="([^"]*)"/.exec(tag) ?? [];
        const [, value = ''] = /value="([^"]*)"/.exec(tag) ?? [];
        if (name !== undefined && !/type="(checkbox|search|tel|text)"/.test(tag)) fields.set(name, value);
      }
      const { status } = await ask(`${url}${action}`, { agent, localAddress, form: fields.toString() });
      answers += 1;
      if (status === 429 || status === 503) refused += 1;
    }
  }
  const phones = Promise.all(Array.from({ length: PHONES }, (_, index) => phone(index)));
  phones.catch(() => undefined);
  return {
    async stop() {
      isOver = true;
      await phones;
      return { answers, refused };
    },
  };
}

/** Asks for a page, or sends a form. */
export function ask(
  url: string,
  { agent, localAddress, form }: { readonly agent: Agent; readonly localAddress: string; readonly form?: string },
): Promise<{ readonly status: number; readonly text: string; readonly location: string }> {
  const { origin } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        localAddress,
        method: form === undefined ? 'GET' : 'POST',
        headers:
          form === undefined
            ? {}
            : {
                origin,
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': Buffer.byteLength(form),
              },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (data: string) => (text += data));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, location: response.headers.location ?? '' }),
        );
      },
    );
    // A connection that the server closed for being idle, as this was on its way: browsers ask once more, and so do phones.
    sent.on('error', (error) =>
      sent.reusedSocket
        ? ask(url, { agent, localAddress, ...(form !== undefined && { form }) }).then(resolve, reject)
        : reject(error),
    );
    sent.end(form);
  });
}
