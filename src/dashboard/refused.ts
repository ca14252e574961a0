/** An answer for a person instead of a page, such as for the form of another site. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, text: string) {
    super(text);
    this.status = status;
    this.title = title;
  }
}
