import { RateLimit } from '../../exchange/rate-limit';
import { chooseLocale, inLocale } from '../../pages/language';
import { fileName, noReceiptPage, receiptPage } from '../../pages/receipt';
import { receiptPdf } from '../../pages/receipt-pdf';
import { RECEIPT_HEADERS, WRONG_ADDRESS_RATE, PDF_RATE } from '../../pages/receipt-serving';
import { callFor } from './stall-link';
import type { StallSite } from './stall-site';

/** Receipts of this stall's orders, each at an address that nobody meets by trying. */
export const receiptSite: StallSite = {
  offer: 'receipts',
  register(app, stall) {
    const nowMs = (): number => performance.now();
    const wrong = new RateLimit({ ...WRONG_ADDRESS_RATE, nowMs });
    const drawn = new RateLimit({ ...PDF_RATE, nowMs });

    app.get<{ Params: { name: string } }>('/r/:name', async (request, reply) => {
      const [, name = '', pdf] = /^(.*?)(\.pdf)?$/s.exec(request.params.name) ?? [];
      const receipt = await callFor(stall.link, 'receipt.look', { name: name.slice(0, 64) });
      reply.headers(RECEIPT_HEADERS);
      if (receipt === null) {
        wrong.take(request.ip);
        return stall.show(request, reply, {
          key: null,
          read: () => Promise.resolve(null),
          draw: (_nothing, { frame }) => noReceiptPage(frame),
          status: 404,
        });
      }
      if (pdf !== undefined) {
        drawn.take('all');
        const locale = chooseLocale(request.headers['accept-language'], receipt.stall.locale);
        const bytes = inLocale(locale, () => receiptPdf(receipt, locale, stall.fontsFolder));
        return reply
          .type('application/pdf')
          .header('content-disposition', `attachment; filename="${fileName(receipt)}"`)
          .send(Buffer.from(bytes));
      }
      stall.came(request);
      return stall.show(request, reply, {
        key: null,
        read: () => Promise.resolve(receipt),
        draw: (found, { frame }) => receiptPage(frame, found, `${encodeURIComponent(name)}.pdf`),
      });
    });
  },
};
