import { randomUUID } from 'node:crypto';
import { toSVG } from 'bwip-js/node';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { holdFormPage, holdFormPath, holdPage, holdPath, type HoldRefusal } from '../../pages/hold';
import { chooseLocale, inLocale } from '../../pages/language';
import * as m from '../../shared/i18n/generated/messages';
import type { ErrorCode } from '../../shared/errors';
import { CallRefused, callFor } from './stall-link';
import type { StallSite } from './stall-site';

/** More phones than any market has; who came first is forgotten first, and is a stranger again. */
const MOST_PHONES = 5_000;

/** Which variant is meant; anything else is as if it was not there. */
const formQuery = z.object({ variant: z.string().min(1).max(64).nullable().catch(null) });

const askedForm = z.object({
  variantId: z.string().min(1).max(64),
  quantity: z.coerce.number().int().min(1).max(999_999),
  requestId: z.uuid(),
  name: z.string().max(200).default(''),
  phone: z.string().max(100).default(''),
  consent: z.literal('yes').optional(),
});

/** The same, as far as it can stand in the form again. */
const typedForm = z.object({
  variantId: z.string().max(64).nullable().catch(null),
  quantity: z.string().max(6).catch('1'),
  name: z.string().max(200).catch(''),
  phone: z.string().max(100).catch(''),
  consent: z.string().max(10).catch(''),
});

/** Pressed twice over a bad connection is pressed once. */
const pressedForm = z.object({ requestId: z.uuid() });

/** Holds: asking for one, showing it, and letting it go. The address of its page is the only key to that: its code is shown to everybody. */
export const holdSite: StallSite = {
  offer: 'holds',
  register(app, stall) {
    const { link } = stall;
    const holderOf = phones();

    const showForm = (
      request: FastifyRequest<{ Params: { itemId: string } }>,
      reply: FastifyReply,
      refusal: HoldRefusal | null,
    ) => {
      const { itemId } = request.params;
      const { variant } = formQuery.parse(request.query);
      const { variantId, consent, ...fields } = typedForm.parse(request.body ?? {});
      const typed = { ...fields, variantId: variantId ?? variant, agrees: consent === 'yes' };
      return stall.show(request, reply, {
        key: null,
        read: () => callFor(link, 'hold.offer', { itemId }),
        draw: (offer, { frame, format }) =>
          holdFormPage(frame, offer, format, { itemId, typed, requestId: randomUUID(), refusal }),
        status: refusal === null ? 200 : 409,
      });
    };

    app.get<{ Params: { itemId: string } }>('/hold/of/:itemId', (request, reply) => showForm(request, reply, null));

    // What the code on the price checker leads to: short to scan, and counted as somebody who came.
    app.get<{ Params: { itemId: string } }>('/h/:itemId', async (request, reply) => {
      stall.came(request);
      const { variant } = formQuery.parse(request.query);
      return reply.header('cache-control', 'no-store').redirect(holdFormPath(request.params.itemId, variant), 303);
    });

    app.post<{ Params: { itemId: string } }>('/hold/of/:itemId', async (request, reply) => {
      const form = askedForm.safeParse(request.body);
      if (!form.success) return showForm(request, reply, 'other');
      const { variantId, quantity, requestId, name, phone, consent } = form.data;
      const isNamed = name.trim() !== '' || phone.trim() !== '';
      const locale = chooseLocale(request.headers['accept-language'], (await stall.front()).locale);
      // The words that stood beside the box.
      const agreed = consent === 'yes' ? inLocale(locale, () => m.hold_page_consent()) : '';
      const person = isNamed ? { name, phone, consent: agreed } : null;
      const asked = { variantId, quantity, holder: holderOf(request.ip), person };
      try {
        const { pageKey } = await callFor(link, 'hold.place', asked, requestId);
        return await reply.header('cache-control', 'no-store').redirect(holdPath(pageKey), 303);
      } catch (error) {
        if (!(error instanceof CallRefused) || error.error.retryable) throw error;
        const isConsent = person !== null && person.consent === '';
        return showForm(request, reply, isConsent ? 'consent' : (REFUSALS[error.error.code] ?? 'other'));
      }
    });

    app.get<{ Params: { pageKey: string } }>('/hold/:pageKey', (request, reply) =>
      stall.show(request, reply, {
        key: null,
        async read() {
          const hold = await callFor(link, 'hold.look', { pageKey: request.params.pageKey });
          if (hold === null)
            throw new CallRefused({ code: 'unknown-item', message: 'There is no such hold.', retryable: false });
          return hold;
        },
        draw: (hold, { frame, format }) =>
          holdPage(frame, hold, format, {
            pageKey: request.params.pageKey,
            codePicture: hold.code === null ? null : pictureOf(hold.code),
            requestId: randomUUID(),
          }),
      }),
    );

    /** A button of the page of a hold, which then shows what became of it. */
    const button = (call: 'hold.more' | 'hold.give-up', path: string) => {
      app.post<{ Params: { pageKey: string } }>(`/hold/:pageKey/${path}`, async (request, reply) => {
        const { pageKey } = request.params;
        const { success, data } = pressedForm.safeParse(request.body);
        try {
          if (success) await callFor(link, call, { pageKey }, data.requestId);
        } catch (error) {
          // What became of it meanwhile stands on its page.
          if (!(error instanceof CallRefused) || error.error.retryable) throw error;
        }
        return reply.header('cache-control', 'no-store').redirect(holdPath(pageKey), 303);
      });
    };
    button('hold.more', 'more');
    button('hold.give-up', 'give-up');
  },
};

const REFUSALS: Readonly<Partial<Record<ErrorCode, HoldRefusal>>> = {
  'none-to-hold': 'none',
  'hold-limit': 'limit',
  'holds-off': 'off',
};

/** A code as the address of a picture. Letters and digits alone: the alphanumeric mode keeps it small. */
function pictureOf(code: string): string {
  const svg = toSVG({ bcid: 'qrcode', text: code, paddingwidth: 4, paddingheight: 4 });
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** A random reference for each address of the stall's network, which says nothing of it and is gone with the server. */
function phones(): (address: string) => string {
  const known = new Map<string, string>();
  return (address) => {
    const reference = known.get(address) ?? randomUUID();
    known.delete(address);
    known.set(address, reference);
    for (const old of known.keys()) {
      if (known.size <= MOST_PHONES) break;
      known.delete(old);
    }
    return reference;
  };
}
