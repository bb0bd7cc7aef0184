import { z } from 'zod';
import { galleryPage, galleryPath, GALLERY_PAGE, type GalleryView } from '../../pages/gallery';
import { itemPath, PHOTO_SIDES } from '../../pages/goods';
import { holdLink } from '../../pages/hold';
import { itemPage } from '../../pages/item';
import { FittedPhotos } from './fitted-photos';
import { CallRefused, callFor } from './stall-link';
import type { StallSite } from './stall-site';

/** What a gallery's address may ask for; anything else is as if it was not there. */
const galleryQuery = z.object({
  in: z.string().min(1).max(80).nullable().catch(null),
  q: z.string().max(80).catch(''),
  page: z.coerce.number().int().min(1).max(10_000).catch(1),
});

const PHOTO_FILE = new RegExp(`^([0-9a-f]{64})-(${PHOTO_SIDES.join('|')})\\.webp$`);

/** The gallery, the items and their photos. */
export const shopSite: StallSite = {
  offer: 'gallery',
  register(app, stall) {
    const { link } = stall;
    const photos = new FittedPhotos(stall.dataDir);
    app.addHook('onClose', () => photos.close());

    app.get('/', async (request, reply) => {
      const asked = galleryQuery.parse(request.query);
      const view: GalleryView = { category: asked.q === '' ? asked.in : null, text: asked.q, pageNumber: asked.page };
      return stall.show(request, reply, {
        // Whatever a person may type would fill the shelf with pages nobody asks for again.
        key: view.text === '' ? galleryPath(view) : null,
        read: () =>
          callFor(link, 'display.goods', {
            category: view.category,
            text: view.text,
            offset: (view.pageNumber - 1) * GALLERY_PAGE,
            limit: GALLERY_PAGE,
          }),
        draw: (found, { frame, front, format }) => galleryPage(frame, front, view, found, format),
      });
    });

    app.get<{ Params: { itemId: string } }>('/item/:itemId', async (request, reply) => {
      const { itemId } = request.params;
      const shown = await stall.show(request, reply, {
        key: itemPath(itemId),
        async read() {
          const item = await callFor(link, 'display.look', { itemId });
          if (item === null)
            throw new CallRefused({ code: 'unknown-item', message: 'Not in the catalogue.', retryable: false });
          return item;
        },
        draw: (found, { frame, front, format, now }) => {
          const { pricing, left } = found.item;
          const isHeldHere = front.offers.includes('holds') && pricing === 'each' && left !== 0;
          const actions = isHeldHere ? holdLink(itemId) : null;
          return itemPage(frame, found, format, { asOf: now, actions });
        },
      });
      // Whoever looks at goods is at the stall, though they came by no code or long after it.
      stall.came(request);
      return shown;
    });

    // What codes at the stall lead to: short to scan.
    app.get('/q', async (request, reply) => {
      stall.came(request);
      return reply.header('cache-control', 'no-store').redirect('/', 303);
    });
    app.get<{ Params: { itemId: string } }>('/q/:itemId', async (request, reply) => {
      stall.came(request);
      return reply.header('cache-control', 'no-store').redirect(itemPath(request.params.itemId), 303);
    });

    app.get<{ Params: { file: string } }>('/photo/:file', async (request, reply) => {
      const [, photo = '', side] = PHOTO_FILE.exec(request.params.file) ?? [];
      const fit = PHOTO_SIDES.find((one) => String(one) === side);
      const bytes = fit === undefined ? null : await photos.find(photo, fit);
      if (bytes === null) return stall.sorry(request, reply, 'not-found');
      return reply.type('image/webp').header('cache-control', 'public, max-age=31536000, immutable').send(bytes);
    });
  },
};
