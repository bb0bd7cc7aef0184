import { v7 as newId } from 'uuid';
import type { Stall } from '../../domain/stall';
import { clipAddress } from '../../shared/clip-schemas';
import { groupOf, type ClientRole, type Topic, type TopicEvent, type TopicState } from '../../shared/contract';
import type { CallResult } from '../../shared/errors';
import { createFormat } from '../../shared/format';
import { languageOf, localeFor } from '../../shared/language';
import type { WindowLook } from '../../shared/theme';
import type { EntryKind } from '../../journal/kinds';
import { systemClock } from '../../hardware/ports';
import type { Store } from '../db/store';
import { BackupService } from './backup-service';
import type { Advisor } from './advisor';
import { AdviceService } from './advice-service';
import { CallDoor, type CallClient, type CallHandlers } from './call-door';
import { ClipService } from './clip-service';
import type { ClipFile } from './clips';
import { CatalogueService } from './catalogue-service';
import type { CoreContext } from './core-context';
import { createCustomerDisplay, type CustomerDisplay } from './customer-display';
import { DeviceService, type DeviceOptions } from './device-service';
import { FlagService } from './flag-service';
import { FootfallService } from './footfall-service';
import { GoodsService } from './goods-service';
import { HoldService } from './hold-service';
import { ImportService, type CatalogueImporter } from './import-service';
import { LabelService, type LabelSheetMaker } from './label-service';
import { JobService } from './job-service';
import type { Log } from './log';
import { NeighbourSwitch, type NeighbourPlace, type OpenNeighbours } from './neighbour-switch';
import { OrderService } from './order-service';
import { findPhoto, type PhotoFile } from './photos';
import { PriceTestService } from './price-test-service';
import { ReceiptService } from './receipt-service';
import { SaleService } from './sale-service';
import { DisplayDesk } from './display-desk';
import { DisplayService } from './display-service';
import { DropService } from './drop-service';
import { PriceDesk } from './price-desk';
import { PricingService, type PricingOptions } from './pricing-service';
import { ReelService } from './reel-service';
import { ScanService } from './scan-service';
import { ShareService } from './share-service';
import { ShownGoods } from './shown-goods';
import { SessionService } from './session-service';
import { ShopService } from './shop-service';
import { ShiftService } from './shift-service';
import { StallService } from './stall-service';
import { ownAddresses } from './stall-addresses';
import { StallSwitch, type OpenStallServer, type StallPlace } from './stall-switch';
import { stallTills } from './stall-tills';
import { findSticks } from './sticks';
import type { SyncRunner } from './sync-runner';
import type { Reports } from './reports';
import type { TillUse } from './till-use';
import { SyncService } from './sync-service';
import { TopicHub } from './topic-hub';
import { weigh } from './weighing';

export interface KioskOptions {
  readonly store: Store;
  /** Makes the demo stall in a store without one, goods and all; what it answers is kept under the request's id. */
  readonly setUpDemoStall: (requestId: string) => Promise<void>;
  readonly dataDir: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly devices: DeviceOptions;
  /** What the prices' timers and their steady clock go by. */
  readonly prices: Pick<PricingOptions, 'clock' | 'steadyMs'>;
  /** Its steps are told to `importChanged`. */
  readonly importer: CatalogueImporter;
  readonly advisor: Advisor;
  readonly reports: Reports;
  readonly makeLabelSheets: LabelSheetMaker;
  /** Exchanges entries with hub and neighbours; what it did is told to `exchange`. */
  readonly sync: SyncRunner;
  /** Is told of every command; asked by what waits for a quiet moment. */
  readonly use: TillUse;
  /** Serves the exchange to the tills beside this one; rejects when the port cannot be had. */
  readonly openNeighbours: (place: NeighbourPlace) => Promise<OpenNeighbours>;
  /** Serves shoppers' phones and displays there; rejects when it cannot, and says when it ended by itself. */
  readonly openStallServer: (place: StallPlace, onEnd: (error: Error) => void) => Promise<OpenStallServer>;
  /** Where the till runs in a browser, or null; asked whenever a screen is told. */
  readonly browserTill: () => string | null;
}

/**
 * The whole kiosk without a window: services around one store, reached by calls of the contract and heard through topics.
 * It knows no transport; IPC and WebSocket doors stand in front of it.
 */
export class Kiosk {
  readonly #options: KioskOptions;
  readonly #topics: TopicHub;
  readonly #door: CallDoor;
  readonly #stalls: StallService;
  readonly #session: SessionService;
  readonly #devices: DeviceService;
  readonly #scans: ScanService;
  readonly #customerDisplay: CustomerDisplay;
  readonly #display: DisplayService;
  readonly #flags: FlagService;
  readonly #priceTests: PriceTestService;
  readonly #advice: AdviceService;
  readonly #footfall: FootfallService;
  readonly #prices: PricingService;
  readonly #sale: SaleService;
  readonly #holds: HoldService;
  readonly #clips: ClipService;
  readonly #reel: ReelService;
  /** Hears what the exchange with hub and neighbours did. */
  readonly exchange: SyncService;
  /** Lets other tills of the stall connect here. */
  readonly neighbours: NeighbourSwitch;
  /** Lets shoppers' phones and displays connect here. */
  readonly stallServer: StallSwitch;
  /** The displays of this till. */
  readonly displays: DisplayDesk;

  constructor(options: KioskOptions) {
    this.#options = options;
    const { store, log, now } = options;

    const topics = new TopicHub(
      {
        session: () => session.state(),
        sale: () => sale.state(),
        jobs: () => jobs.state(),
        devices: () => devices.state(),
        scan: () => scans.state(),
        catalogue: () => catalogue.state(),
        import: () => imports.state(),
        sync: () => sync.state(),
        priceTests: () => priceTests.state(),
        footfall: () => footfall.state(),
        advice: () => advice.state(),
        prices: () => priceDesk.state(),
        display: () => display.state(),
        holds: () => holds.state(),
        shop: () => stallServer.state(),
        displays: () => displays.state(),
        clips: () => clips.state(),
        reel: () => reel.state(),
      },
      (error) => log.error({ error }, 'A topic could not be told'),
    );
    this.#topics = topics;
    const core: CoreContext = {
      store,
      topics,
      log,
      get stall() {
        return stalls.current;
      },
      now,
      newId,
    };

    const session = new SessionService(core, options.browserTill);
    this.#session = session;
    const stalls = new StallService(core, {
      dataDir: options.dataDir,
      setUpDemoStall: options.setUpDemoStall,
      onStaffChanged: () => session.staffChanged(),
    });
    this.#stalls = stalls;
    const prices: PricingService = new PricingService(core, {
      ...options.prices,
      onChanged: () => {
        sale.pricesChanged();
        // One turn flips sale, tiles and countdowns together.
        topics.mark('sale', 'catalogue', 'prices');
      },
    });
    this.#prices = prices;
    const tills = () => stallTills(core, options.sync.view().peers);
    const drops = new DropService(core, {
      prices: () => prices,
      tills,
      onDocket: (ruleId) => sale.onDocketBy(ruleId),
      held: (ruleId) => holds.heldBy(ruleId),
    });
    prices.add(drops);
    const priceDesk = new PriceDesk(core, prices, drops, (deviceId) => this.exchange.isRevoked(deviceId));
    const catalogue: CatalogueService = new CatalogueService(
      core,
      prices,
      () => holds,
      () => drops.views(),
    );
    const goods = new GoodsService(core, options.importer, options.dataDir, () => prices.goodsChanged());
    const devices: DeviceService = new DeviceService(core, options.devices, {
      receiptOf: (orderId) => orders.receiptOf(orderId),
      onScan(deviceId, scan) {
        if (deviceId === displays.scannerId) display.asked(`${scan.symbology ?? ''}${scan.text}`);
        else scans.heard(deviceId, scan);
      },
    });
    this.#devices = devices;
    const scans = new ScanService(core, (deviceId) => devices.registry.port('scanner', deviceId));
    this.#scans = scans;
    const orders: OrderService = new OrderService(core, devices, {
      jobs: () => jobs,
      onShown: (orderId) => flags.confirmed(orderId, 'receipt-shown'),
      cart: () => sale.state().cart,
      receiptUrl: (order) => receipts.urlOf(order),
    });
    const jobs: JobService = new JobService(core, devices, {
      printCopy: (orderId, staffId) => orders.printCopy(orderId, staffId),
      orderChanged: (orderId) => sale.orderChanged(orderId),
      receiptPatienceMs: () => flags.receiptPatienceMs,
    });
    const sale: SaleService = new SaleService(core, {
      catalogue,
      orders,
      jobs,
      devices,
      prices,
      holds: () => holds,
      onPlaced: ({ lines }) => {
        prices.leftChanged();
        drops.sold();
        holds.sold(lines.flatMap(({ hold }) => hold?.holdId ?? []));
      },
    });
    this.#sale = sale;
    const holds: HoldService = new HoldService(core, {
      prices,
      clock: options.prices.clock,
      isOpen: () => store.shifts.current() !== null,
      isRevoked: (deviceId) => this.exchange.isRevoked(deviceId),
      docket: {
        unheld: (variantId) => sale.unheldOnDocket(variantId),
        pricesBeside: (variant, quantity) => sale.pricesBeside(variant, quantity),
        holds: () => sale.holdsOnDocket(),
        add: (goods, context, resultOf) => sale.addHeld(goods, context, resultOf),
      },
    });
    this.#holds = holds;
    const clips = new ClipService(core, { dataDir: options.dataDir, onChanged: () => display.changed() });
    this.#clips = clips;
    const labels = new LabelService(core, {
      prices,
      devices,
      jobs,
      shopAddress: () => this.stallServer.addressOf('gallery'),
      makeSheets: options.makeLabelSheets,
    });
    const customerDisplay = createCustomerDisplay({
      stall: () => stalls.current,
      clock: systemClock,
      displays: () => devices.registry.ports('line-display'),
    });
    this.#customerDisplay = customerDisplay;
    // After the screens are told, so that no display is on the way of a sale.
    topics.subscribe('till', ({ topic }) => {
      if (topic === 'sale') customerDisplay.show(topics.state('sale'));
    });
    devices.registry.listen({ status: () => customerDisplay.refresh() });
    const shifts = new ShiftService(core, devices, jobs, () => sale.paying());
    const priceTests = new PriceTestService(core, {
      reports: options.reports,
      nowMs: () => prices.nowMs(),
      clock: options.prices.clock,
      onRulesChanged: (testIds, actor) => prices.changed({ kind: 'test', ids: [...testIds] }, actor),
      setPrice: ({ testId, ...price }, context) => goods.setPrice(price, { kind: 'test', ids: [testId] }, context),
    });
    this.#priceTests = priceTests;
    prices.add(priceTests);
    topics.subscribe('till', ({ topic }) => {
      if (topic === 'catalogue') priceTests.goodsChanged();
    });
    const footfall = new FootfallService(core, options.reports);
    this.#footfall = footfall;
    const advice = new AdviceService(core, options.advisor, {
      clock: systemClock,
      isOpen: () => session.state().shift !== null,
      onRulesChanged: (ruleIds, actor) => prices.changed({ kind: 'advice', ids: [...ruleIds] }, actor),
    });
    this.#advice = advice;
    prices.add(advice);
    const imports = new ImportService(options.importer);
    const flags: FlagService = new FlagService(core, {
      isInUse: () => options.use.isInUse(),
      isOnline: () => sync.isOnline(),
      onFlagged: (orderId, flag) => {
        jobs.hurry(orderId);
        sale.orderFlagged(orderId, flag);
      },
    });
    this.#flags = flags;
    devices.delivery.onJobChanged(({ job }) => flags.jobChanged(job));
    const sync: SyncService = new SyncService(core, options.sync, flags, {
      onReceived: (kinds) => {
        const came = (...which: readonly EntryKind[]): boolean => which.some((kind) => kinds.has(kind));
        if (came('stall.configured')) {
          stalls.stallChanged();
          prices.changed({ kind: 'place', ids: [] }, null);
        }
        if (came('staff.added', 'staff.removed')) session.staffChanged();
        if (came(...SHOWN_ON_TILES)) topics.mark('catalogue');
        if (came(...SHOWN_ON_TILES)) prices.goodsChanged();
        if (came('drop.scheduled', 'drop.ended', 'drop.share-given')) drops.received();
        if (came('order.placed', 'order.recovered')) {
          prices.leftChanged();
          drops.sold();
        }
        if (came('hold.placed', 'hold.extended', 'hold.ended', 'order.placed')) holds.received();
        if (came('price.rules-put', 'price.rules-removed', 'price.rule-set-taken')) {
          prices.changed({ kind: 'rule', ids: [] }, null);
        }
        if (came('clip.put', 'clip.removed')) clips.received();
        if (came('reel.playlist-put', 'reel.playlist-removed')) reel.received();
        if (came('price.policy-set')) prices.changed({ kind: 'policy', ids: [] }, null);
        if (came('price.observed')) prices.changed({ kind: 'feed', ids: [] }, null);
        if (came('drop.template-put', 'drop.template-removed')) topics.mark('prices');
        if (came('shift.opened', 'shift.closed')) priceTests.stallChanged();
        if (came(...ABOUT_PRICE_TESTS)) priceTests.received();
        if (came('advice.offered', 'advice.answered', 'advice.taken-back', 'advice.wishes-set')) advice.received();
        if (came('footfall.counted', 'footfall.calibrated')) topics.mark('footfall');
        if (came('device.taken-over', 'device.handed-back', 'tender.started', 'tender.settled')) {
          sale.strayTendersChanged();
        }
        sale.received();
      },
      onIdentity: () => {
        session.renamed();
        sale.received();
      },
      onPeople: () => {
        session.staffChanged();
        sale.received();
      },
      takenOver: () => backup.takenOver(),
      sharing: () => neighbours.state(),
    });
    this.exchange = sync;
    const neighbours = new NeighbourSwitch(core, options.openNeighbours, (serving) => sync.serve(serving));
    this.neighbours = neighbours;
    const stallServer = new StallSwitch(core, {
      open: options.openStallServer,
      clock: systemClock,
      addresses: ownAddresses,
    });
    this.stallServer = stallServer;
    const receipts: ReceiptService = new ReceiptService(core, stallServer);
    const shop = new ShopService(core, { catalogue, prices, footfall, stallServer });
    const peers = () => options.sync.view().peers;
    const spokenFor = (variantId: string) => sale.unheldOnDocket(variantId) + holds.heldFrom(variantId);
    const shares = new ShareService(core, { tills, spokenFor });
    const backup = new BackupService(core, options.dataDir, {
      tills,
      peers,
      spokenFor,
      heldFrom: (variantId, deviceIds) => holds.heldFrom(variantId, deviceIds),
      canPrint: () => devices.canPrint(),
      rehearseSale: (code) => sale.rehearse(code),
      onChanged: () => sale.strayTendersChanged(),
    });
    const shownGoods = new ShownGoods(core, {
      catalogue,
      prices,
      drops: () => drops.views(),
      companions: (itemId) => advice.companionsOf(itemId),
      holdOffer: (itemId) => holds.offer({ itemId }),
      holdAddress: () => stallServer.addressOf('holds'),
    });
    const reel = new ReelService(core, {
      catalogue,
      goods: shownGoods,
      drops: () => drops.views(),
      clock: options.prices.clock,
      nowMs: () => prices.nowMs(),
      shopAddress: () => stallServer.addressOf('gallery'),
      clip(hash) {
        const clip = store.clips.get(hash);
        if (!clip || !clips.isHere(clip)) return null;
        return { address: clipAddress(clip), durationMs: clip.durationMs, poster: clip.poster };
      },
      onChanged: () => display.changed(),
    });
    this.#reel = reel;
    const display: DisplayService = new DisplayService(core, {
      clock: options.prices.clock,
      sale: () => sale.state(),
      isOpen: () => ({ signedOn: session.signedOn() !== null, shift: store.shifts.current() !== null }),
      theme: () => session.theme(),
      catalogue: () => catalogue.state(),
      nowMs: () => prices.nowMs(),
      receiptUrl: (order) => receipts.urlOf(order),
      reel: () => ({
        cards: reel.shown(),
        holdMinutes: stallServer.wanted().offers.includes('holds') ? holds.offeredMinutes() : null,
      }),
    });
    this.#display = display;
    const displays = new DisplayDesk(core, {
      clock: options.prices.clock,
      servedAt: () => stallServer.addressOf('display'),
    });
    this.displays = displays;
    // In the same turn, after the till's own windows.
    topics.subscribe('till', ({ topic }) => {
      if (SHOWN_ON_DISPLAYS.includes(topic)) display.changed();
      if (topic === 'shop') topics.mark('displays');
    });
    // Whatever a person did shows somewhere: the exchange looks whether an entry came of it.
    topics.subscribe('till', () => sync.written());

    const handlers: CallHandlers = {
      'state.get': () => topics.snapshot('till'),
      'display.get': () => topics.snapshot('display'),
      'display.goods': (input) => shownGoods.list(input),
      'display.look': (input, { role }) => {
        const found = shownGoods.look(input);
        if (found && role === 'display') reel.looked(found.item.itemId);
        return found;
      },
      'display.set-window': (input) => displays.setWindow(input),
      'display.set-scanner': (input) => displays.setScanner(input),
      'display.new-code': () => displays.newCode(),
      'display.rename': (input) => displays.rename(input),
      'display.unpair': (input) => displays.unpair(input),
      'display.pair': (input) => displays.pair(input),
      'display.enter': (input) => displays.enter(input),
      'display.noticed': ({ how }) => {
        footfall.noticed(how === 'touch' ? 'display' : 'scan');
        return {};
      },

      'staff.sign-on': (input, context) => session.signOn(input, context),
      'staff.sign-off': (_input, context) => session.signOff(context),
      'staff.add': (input, context) => stalls.addStaff(input, context),
      'staff.change': (input, context) => stalls.changeStaff(input, context),
      'staff.remove': (input, context) => stalls.removeStaff(input, context),
      'stall.set-up': async (input, context) => {
        // Whoever sets it up goes on in the language they read, whatever the stall's is.
        const language = session.language();
        const done = await stalls.setUp(input, context);
        session.setLanguage({ language });
        return done;
      },
      'stall.change': (input, context) => {
        const changed = stalls.change(input, context);
        prices.changed({ kind: 'place', ids: [] }, context.staffId);
        return changed;
      },
      'stall.set-label-rules': (input, context) => stalls.setLabelRules(input, context),
      'stall.draw-logo': (input) => stalls.drawLogo(input),
      'stall.set-logo': (input, context) => stalls.setLogo(input, context),
      'settings.set-theme': (input) => session.setTheme(input),
      'settings.set-language': (input) => session.setLanguage(input),
      'notice.dismiss': (input) => session.dismissNotice(input),

      'shift.open': (input, context) => {
        const opened = shifts.open(input, context);
        priceTests.stallChanged();
        return opened;
      },
      'shift.close': (input, context) => {
        const closed = shifts.close(input, context);
        priceTests.stallChanged();
        return closed;
      },
      'shift.report': (input) => shifts.report(input),
      'shift.print-report': (input, context) => shifts.printReport(input, context),

      'catalogue.items': (input) => catalogue.items(input),
      'catalogue.search': (input) => catalogue.search(input),
      'catalogue.item': (input) => catalogue.item(input),
      'catalogue.lookup': (input) => catalogue.lookup(input),

      'catalogue.put-item': (input, context) => goods.putItem(input, context),
      'catalogue.remove-item': (input, context) => goods.removeItem(input, context),
      'catalogue.add-photo': (input) => goods.addPhoto(input),

      'stock.shared': (input) => shares.shared(input),
      'stock.share': (input, context) => shares.share(input, context),
      'stock.give': (input, context) => shares.give(input, context),

      'cart.scan': (input, context) => {
        footfall.noticed('scan');
        return scans.answering(context.requestId, () => holds.scan(input.code, context) ?? sale.scan(input, context));
      },
      'scan.next': (input) => scans.next(input),
      'scan.settle': (input) => scans.settle(input),
      'cart.add': (input, context) => sale.add(input, context),
      'cart.add-amount': (input, context) => sale.addAmount(input, context),
      'cart.mark-line': (input, context) => sale.markLine(input, context),
      'cart.set-quantity': (input, context) => sale.setQuantity(input, context),
      'cart.remove-line': (input, context) => sale.removeLine(input, context),
      'cart.discount-line': (input, context) => sale.discountLine(input, context),
      'cart.discount': (input, context) => sale.discountCart(input, context),
      'cart.note-line': (input, context) => sale.noteLine(input, context),
      'cart.note': (input, context) => sale.noteCart(input, context),
      'cart.void': (input, context) => sale.void(input, context),
      'cart.park': (input, context) => sale.park(input, context),
      'cart.unpark': (input, context) => sale.unpark(input, context),
      'cart.discard-parked': (input, context) => sale.discardParked(input, context),

      'payment.open': (_input, context) => sale.openPayment(context),
      'payment.cancel': (_input, context) => sale.cancelPayment(context),
      'payment.cash': (input, context) => sale.payCash(input, context),
      'payment.remove-cash': (input, context) => sale.removeCash(input, context),
      'payment.card-start': (input, context) => sale.startCard(input, context),
      'payment.card-settle': (input, context) => sale.settleCard(input, context),
      'payment.settle-stray': (input, context) => sale.settleStray(input, context),
      'payment.finish-free': (_input, context) => sale.finishFree(context),
      'sale.next': (_input, context) => sale.next(context),

      'hold.offer': (input) => holds.offer(input),
      'hold.place': (input, context) => holds.place(input, context),
      'hold.look': (input) => holds.look(input),
      'hold.more': (input, context) => holds.more(input, context),
      'hold.give-up': (input, context) => holds.giveUp(input, context),
      'receipt.look': (input) => receipts.look(input),
      'hold.release': (input, context) => holds.release(input, context),
      'hold.extend': (input, context) => holds.extend(input, context),
      'hold.take': (input, context) => holds.take(input, context),
      'hold.forget': (input) => holds.forget(input),
      'hold.set-policy': (input) => holds.setPolicy(input),

      'cart.set-audience': (input, context) => sale.setAudience(input, context),

      'prices.of': (input) => priceDesk.of(input),
      'prices.rules': () => priceDesk.rules(),
      'prices.put-rule': (input, context) => priceDesk.putRule(input, context),
      'prices.remove-rule': (input, context) => priceDesk.removeRule(input, context),
      'prices.set-policy': (input, context) => priceDesk.setPolicy(input, context),
      'prices.set-place': (input, context) => priceDesk.setPlace(input, context),
      'prices.preview': (input) => priceDesk.preview(input),
      'prices.calendar': () => priceDesk.calendar(),
      'prices.log': (input) => priceDesk.log(input),
      'prices.export-log': (input) => priceDesk.exportLog(input),
      'prices.observe': (input, context) => priceDesk.observe(input, context),
      'prices.export-rules': (input, context) => priceDesk.exportRules(input, context),
      'prices.take-in-rules': (input, context) => priceDesk.takeInRules(input, context),
      'prices.accept-clock': () => priceDesk.acceptClock(),
      'drop.schedule': (input, context) => drops.schedule(input, context),
      'drop.end': (input, context) => drops.end(input, context),
      'drop.give': (input, context) => drops.give(input, context),
      'drop.list': () => drops.list(),
      'drop.put-template': (input, context) => drops.putTemplate(input, context),
      'drop.remove-template': (input, context) => drops.removeTemplate(input, context),

      'clips.list': () => clips.list(),
      'clips.open': (input) => clips.open(input),
      'clips.append': (input) => clips.append(input),
      'clips.keep': (input, context) => clips.keep(input, context),
      'clips.cancel': (input) => clips.cancel(input),
      'clips.change': (input, context) => clips.change(input, context),
      'clips.remove': (input, context) => clips.remove(input, context),
      'reel.playlists': () => reel.playlists(),
      'reel.put-playlist': (input, context) => reel.put(input, context),
      'reel.remove-playlist': (input, context) => reel.remove(input, context),

      'label.list': () => labels.list(),
      'label.print': (input, context) => labels.print(input, context),
      'label.sheet': (input, context) => labels.sheet(input, context),
      'label.sheet-part': (input) => labels.sheetPart(input),
      'label.take-down': (input, context) => labels.takeDown(input, context),

      'order.list': (input) => orders.list(input),
      'order.get': (input) => orders.get(input),
      'order.find': (input) => orders.find(input),
      'order.print': (input, context) => orders.print(input, context),
      'order.print-prices': (input, context) => orders.printPrices(input, context),
      'order.confirm-shown': (input, context) => orders.confirmShown(input, context),

      'job.get': (input) => jobs.get(input),
      'job.print': (input, context) => jobs.print(input, context),
      'job.discard': (input, context) => jobs.discard(input, context),

      'drawer.open': (input, context) => devices.openDrawer(jobs, input, context),
      'scale.weigh': () => weigh(devices.registry),
      'device.configure': (input, context) => devices.configure(input, context),
      'device.models': () => devices.models(),
      'device.remove': (input) => devices.remove(input),
      'device.test': (input, context) => devices.test(jobs, input, context),
      'device.sample-drawer': (input) => devices.sampleDrawer(input),
      'device.look': () => devices.look(),
      'device.report': () => devices.report(),

      'sync.enrol': (input, context) => sync.enrol(input, context),
      'sync.leave': (input, context) => sync.leave(input, context),
      'sync.now': () => sync.now(),
      'sync.serve': (input, context) => neighbours.set(input, context),
      'sync.meet': (input, context) => sync.meet(input, context),
      'sync.new-code': (input, context) => sync.newCode(input, context),
      'sync.sticks': () => ({ sticks: findSticks() }),
      'sync.carry': (input, context) => sync.carry(input, context),
      'sync.report': () => sync.report(),

      'shop.serve': (input, context) => stallServer.set(input, context),
      'shop.front': () => shop.front(),
      'shop.came': (input) => shop.came(input),

      'advice.refresh': (input, context) => advice.refresh(input, context),
      'advice.answer': (input, context) => advice.answer(input, context),
      'advice.footfall': (input) => advice.footfall(input),
      'advice.goes-with': (input) => advice.goesWith(input),
      'advice.take-back': (input, context) => advice.takeBack(input, context),

      'price-test.propose': (input) => priceTests.propose(input),
      'price-test.register': (input, context) => priceTests.register(input, context),
      'price-test.switch': (input, context) => priceTests.switch(input, context),
      'price-test.note': (input, context) => priceTests.note(input, context),
      'price-test.stop': (input, context) => priceTests.end(input, context),
      'price-test.use': (input, context) => priceTests.use(input, context),
      'price-test.read-out': (input) => priceTests.readOut(input),

      'footfall.counting': (input) => footfall.counting(input),
      'footfall.tap': (input, context) => footfall.tap(input, context),
      'footfall.calibrate': (input, context) => footfall.calibrate(input, context),
      'footfall.report': (input) => footfall.report(input),

      'backup.tills': () => backup.tills(),
      'backup.look': (input) => backup.look(input),
      'backup.take-over': (input, context) => backup.takeOver(input, context),
      'backup.hand-back': (input, context) => backup.handBack(input, context),
      'backup.rehearse': (input, context) => backup.rehearse(input, context),

      'import.open': (input) => imports.open(input),
      'import.append': (input) => imports.append(input),
      'import.add-photo': (input) => imports.addPhoto(input),
      'import.preview': (input) => imports.preview(input),
      'import.commit': (input, context) => imports.commit(input, context),
      'import.cancel': (input) => imports.cancel(input),
    };

    this.#door = new CallDoor({
      handlers,
      signedOn: () => session.signedOn(),
      resultOf: (requestId) => store.resultOf(requestId),
      toldBy: (role) => {
        const group = groupOf(role);
        return group === null ? undefined : topics.nextSeq(group);
      },
      onCommand: () => options.use.note(),
      explain: (error) => store.explain(error),
      format: () => createFormat({ ...core.stall, locale: localeFor('en', core.stall.locale) }),
      log,
    });
  }

  /** What hub and neighbours know this till by; another after a fork. */
  get deviceId(): string {
    return this.#options.store.device.deviceId;
  }

  /** Connects the devices, begins what waited for them, and the exchange. */
  start(): void {
    this.#devices.start();
    this.#flags.start();
    this.#prices.start();
    // An open sale may be older than the prices of now.
    this.#sale.pricesChanged();
    this.#holds.start();
    this.#reel.start();
    this.#clips.start();
    this.#priceTests.start();
    this.#advice.start();
    this.exchange.start();
  }

  /** Runs one call of the contract. Never rejects. */
  dispatch(client: CallClient & { readonly role: ClientRole }, message: unknown): Promise<CallResult<unknown>> {
    return this.#door.dispatch(client, message);
  }

  /** Hears every event of the topics its role may hear from the next one on; `state.get` gives what stands before it. */
  subscribe(role: ClientRole, listener: (event: TopicEvent) => void): () => void {
    const group = groupOf(role);
    return group === null ? () => undefined : this.#topics.subscribe(group, listener);
  }

  /** The stall as it is now. */
  get stall(): Stall {
    return this.#stalls.current;
  }

  /** How a window looks now. The display speaks to shoppers: in the stall's language, whatever the till's is. */
  lookOf(window: 'till' | 'display'): WindowLook {
    const language = window === 'till' ? this.#session.language() : (languageOf(this.stall.locale) ?? 'en');
    return { theme: this.#session.theme(), language };
  }

  findPhoto(photo: string): PhotoFile | null {
    return findPhoto(this.#options.dataDir, photo);
  }

  /** The file of a clip by the last part of its address, or null when the journal names none. */
  findClip(file: string): ClipFile | null {
    return this.#clips.find(file);
  }

  /** Says that the import took a step. */
  importChanged({ phase }: NonNullable<TopicState<'import'>>): void {
    this.#topics.mark('import');
    if (phase !== 'done') return;
    this.#topics.mark('catalogue');
    this.#prices.goodsChanged();
  }

  /** Says that where the till runs in a browser has changed. */
  browserTillChanged(): void {
    this.#topics.mark('session');
  }

  /** Ends what is under way in good order. The store stays open. */
  async stop(): Promise<void> {
    await this.#options.importer.close();
    await this.#clips.stop();
    this.#scans.stop();
    this.#prices.stop();
    this.#holds.stop();
    this.#reel.stop();
    this.#customerDisplay.stop();
    this.#display.stop();
    this.displays.stop();
    await this.exchange.stop();
    await this.#devices.stop();
    this.#flags.stop();
    this.#priceTests.stop();
    await this.#advice.stop();
    this.#footfall.stop();
    await this.#options.reports.close();
    this.#topics.close();
  }
}

/** Topics of the till that a display shows something of. */
const SHOWN_ON_DISPLAYS: readonly Topic[] = ['session', 'sale', 'catalogue', 'prices', 'holds', 'shop'];

/** Entries of other devices that change what a tile shows. */
const SHOWN_ON_TILES: readonly EntryKind[] = [
  'catalogue.items-put',
  'catalogue.items-removed',
  'catalogue.import-committed',
  'order.placed',
  'order.recovered',
  'stock.shared',
  'stock.share-given',
  'device.taken-over',
];

const ABOUT_PRICE_TESTS: readonly EntryKind[] = [
  'price-test.registered',
  'price-test.switched',
  'price-test.noted',
  'price-test.read-out',
  'price-test.stopped',
];
