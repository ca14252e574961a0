/** A product of the shop. Prices are in øre including VAT, like Norwegian consumer prices. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly priceMinor: number;
  readonly vatPercent: number;
}

export const CURRENCY = 'NOK';
export const MAX_QUANTITY = 10;

export const PRODUCTS: readonly Product[] = [
  {
    id: 'chair-1',
    name: 'Oak chair',
    about: 'Solid oak, oiled by hand in Valdres.',
    priceMinor: 72_200,
    vatPercent: 25,
  },
  {
    id: 'blanket-1',
    name: 'Wool blanket',
    about: 'Undyed Spælsau wool, 130 × 200 cm.',
    priceMinor: 124_900,
    vatPercent: 25,
  },
  {
    id: 'coffee-1',
    name: 'Coffee, 500 g',
    about: 'Light roast, whole beans.',
    priceMinor: 13_950,
    vatPercent: 15,
  },
];

/** The product with this id, or undefined. */
export function productNamed(id: string): Product | undefined {
  return PRODUCTS.find((product) => product.id === id);
}

/** The VAT in a gross amount, rounded to the nearest øre. */
export function vatWithin(grossMinor: number, vatPercent: number): number {
  return Math.round((grossMinor * vatPercent) / (100 + vatPercent));
}
