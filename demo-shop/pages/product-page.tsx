import type { VNode } from 'preact';
import type { WayToPay } from '../paidonce-api.ts';
import { CURRENCY, MAX_QUANTITY, type Product } from '../products.ts';
import { formatAmount } from './format.ts';
import { Page } from './layout.tsx';
import { PayWith } from './pay-with.tsx';

/** The list of products. `cart` is new for each page, so that pressing a button twice is one order. */
export function ProductPage(props: {
  products: readonly Product[];
  cart: string;
  temporalUiUrl: string | undefined;
  ways: readonly WayToPay[];
}): VNode {
  return (
    <Page title="Products" temporalUiUrl={props.temporalUiUrl}>
      <h1>Things worth paying for once</h1>
      <p class="lead">Choose one, pay at the checkout, and watch the order become paid.</p>
      <ul class="products">
        {props.products.map((product) => (
          <ProductCard key={product.id} product={product} cart={props.cart} ways={props.ways} />
        ))}
      </ul>
    </Page>
  );
}

function ProductCard({
  product,
  cart,
  ways,
}: {
  product: Product;
  cart: string;
  ways: readonly WayToPay[];
}): VNode {
  return (
    <li class="card">
      <h2>{product.name}</h2>
      <p class="muted">{product.about}</p>
      <p class="price">{formatAmount(product.priceMinor, CURRENCY)}</p>
      <p class="small muted">including {product.vatPercent} % VAT</p>
      <form method="post" action="/orders">
        <input type="hidden" name="cart" value={cart} />
        <input type="hidden" name="product" value={product.id} />
        <label>
          Quantity
          <input name="quantity" type="number" min="1" max={MAX_QUANTITY} value="1" required />
        </label>
        <PayWith ways={ways} />
        <button type="submit">
          Buy<span class="unseen"> {product.name}</span>
        </button>
      </form>
    </li>
  );
}
