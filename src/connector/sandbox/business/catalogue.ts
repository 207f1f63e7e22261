import type { Sku } from '../../../domain/ids.ts';
import { Chance } from './chance.ts';

/** One thing on sale. `price` is in minor units of the shop that sells it, the same figure in USD and EUR. */
export interface Product {
  /** 1…300, also the tail of a channel's ids for it. */
  readonly number: number;
  readonly sku: Sku;
  readonly title: string;
  readonly variant: string;
  readonly vendor: string;
  readonly kind: 'goods' | 'digital' | 'gift-card' | 'kit';
  readonly price: number;
  readonly grams: number;
  /** Shipped by the channel's own fulfillment service, not by us. */
  readonly channelFulfilled: boolean;
  readonly customsCode: string;
  /** How often it is bought, relative to the others. */
  readonly appeal: number;
  /** What one unit takes out of the warehouse; empty where nothing does. */
  readonly components: readonly { readonly sku: Sku; readonly quantity: number }[];
}

const SINGLES = 280;
const KITS = 20;
const MATERIALS = [
  'Oak',
  'Linen',
  'Brass',
  'Cork',
  'Canvas',
  'Enamel',
  'Wool',
  'Slate',
  'Ash',
  'Copper',
  'Cotton',
  'Stoneware',
  'Walnut',
  'Steel',
] as const;
const THINGS = [
  'Tray',
  'Lantern',
  'Mug',
  'Blanket',
  'Hook Rail',
  'Teapot',
  'Apron',
  'Cutting Board',
  'Storage Jar',
  'Candle Holder',
  'Rope Basket',
  'Bottle Opener',
  'Wall Clock',
  'Deck Brush',
  'Oil Lamp',
  'Bread Bin',
  'Door Mat',
  'Sailor Bag',
  'Key Float',
  'Tide Print',
] as const;
const VARIANTS = ['Default Title', 'Small', 'Large', 'Navy', 'Sand', 'Signal Red'] as const;
const VENDORS = ['Harbour Works', 'Northpier', 'Kompass & Söhne', 'Dry Dock Goods'] as const;

/** `SKU-001`…`SKU-280` and `KIT-001`…`KIT-020`, the same in every run: mappings name them. */
export const CATALOGUE: readonly Product[] = [
  ...Array.from({ length: SINGLES }, (_, at) => single(at + 1)),
  ...Array.from({ length: KITS }, (_, at) => kit(at + 1)),
];

const BY_SKU = new Map(CATALOGUE.map((product) => [product.sku, product]));

/** @throws RangeError for a SKU that is not on sale. */
export function productOf(sku: Sku): Product {
  const product = BY_SKU.get(sku);
  if (!product) throw new RangeError(`the sandbox business does not sell "${sku}"`);
  return product;
}

function single(number: number): Product {
  const chance = new Chance('catalogue', number);
  const sku = `SKU-${String(number).padStart(3, '0')}`;
  // The last dozen are not goods of ours: four downloads, two gift cards, six that the channel ships itself.
  const kind = number > 276 ? 'digital' : number > 274 ? 'gift-card' : 'goods';
  const material = MATERIALS[number % MATERIALS.length] ?? '';
  const thing = THINGS[Math.floor(number / MATERIALS.length) % THINGS.length] ?? '';
  const title = {
    goods: `${material} ${thing}`,
    digital: `Pattern Sheet No. ${number - 276}`,
    'gift-card': 'Gift Card',
  }[kind];
  return {
    number,
    sku,
    title,
    variant:
      kind === 'gift-card'
        ? number === 275
          ? '25'
          : '50'
        : kind === 'digital'
          ? 'Default Title'
          : chance.pick(VARIANTS),
    vendor: chance.pick(VENDORS),
    kind,
    price:
      kind === 'gift-card'
        ? number === 275
          ? 2_500
          : 5_000
        : kind === 'digital'
          ? 900
          : chance.whole(6, 140) * 100 + chance.pick([0, 50, 95, 99]),
    grams: kind === 'goods' ? chance.whole(80, 4_000) : 0,
    channelFulfilled: number > 268 && number <= 274,
    customsCode: chance.pick(['441990', '691200', '630260', '732393', '940550', '420292']),
    // A few sell well, most sell now and then.
    appeal: kind === 'goods' ? 1 + Math.floor(240 / (3 + ((number * 37) % SINGLES))) : 3,
    components: kind === 'goods' ? [{ sku, quantity: 1 }] : [],
  };
}

/**
 * Kit k (1…20) is 2 × SKU-(3k), 1 × SKU-(3k+3) and 1 × SKU-(k+100): each shares SKU-(3k+3) with the next kit, and every
 * component is also sold alone.
 */
function kit(number: number): Product {
  const name = (of: number): Sku => `SKU-${String(of).padStart(3, '0')}`;
  const components = [
    { sku: name(3 * number), quantity: 2 },
    { sku: name(3 * number + 3), quantity: 1 },
    { sku: name(number + 100), quantity: 1 },
  ];
  return {
    number: SINGLES + number,
    sku: `KIT-${String(number).padStart(3, '0')}`,
    title: `${['Galley', 'Deck', 'Cabin', 'Mooring', 'Lighthouse'][number % 5] ?? ''} Set`,
    variant: `No. ${number}`,
    vendor: 'Harbour Works',
    kind: 'kit',
    price: 3_900 + number * 450,
    grams: 3_000,
    channelFulfilled: false,
    customsCode: '732393',
    appeal: 4,
    components,
  };
}
