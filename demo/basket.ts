import { discountOf, grossOf, type Discount } from '../src/domain/cart';

interface Line {
  readonly title: string;
  readonly priceMinor: number;
  readonly pricing: 'each' | 'kg';
  quantity: number;
  labelAmountMinor: number | null;
  discount: Discount | null;
}

/** What a shopper adds up in the head, from the prices on the tickets; the Pay key must come to the same. */
export class Basket {
  readonly #lines: Line[] = [];
  #discount: Discount | null = null;

  /** Puts something in; the same piece goods again count up. The last one put in is what a change is about. */
  put(what: {
    readonly title: string;
    readonly priceMinor: number;
    readonly pricing?: 'each' | 'kg';
    readonly quantity?: number;
    readonly labelAmountMinor?: number;
  }): void {
    const { title, priceMinor, pricing = 'each', quantity = 1, labelAmountMinor = null } = what;
    const at = this.#lines.findIndex((line) => line.title === title && pricing === 'each');
    const [known] = at < 0 ? [] : this.#lines.splice(at, 1);
    if (known) this.#lines.push({ ...known, quantity: known.quantity + quantity });
    else this.#lines.push({ title, priceMinor, pricing, quantity, labelAmountMinor, discount: null });
  }

  setQuantity(quantity: number): void {
    this.#last.quantity = quantity;
  }

  discountLine(discount: Discount): void {
    this.#last.discount = discount;
  }

  discountSale(discount: Discount): void {
    this.#discount = discount;
  }

  get totalMinor(): number {
    const goodsMinor = this.#lines.reduce((total, line) => {
      const grossMinor = grossOf({ ...line, unitPriceMinor: line.priceMinor });
      return total + grossMinor - discountOf(line.discount, grossMinor);
    }, 0);
    return goodsMinor - discountOf(this.#discount, goodsMinor);
  }

  /** `Sourdough loaf; 2 Bramble jam, 227 g`. */
  get words(): string {
    return this.#lines
      .map(({ title, quantity, pricing }) => (pricing === 'each' && quantity > 1 ? `${quantity} ${title}` : title))
      .join('; ');
  }

  get #last(): Line {
    const last = this.#lines.at(-1);
    if (!last) throw new Error('The basket is empty');
    return last;
  }
}
