/** A path or an expression that cannot be used. */
export class BadText extends Error {
  /** How many characters of the text stand before what is wrong. */
  readonly offset: number;

  constructor(says: string, offset: number) {
    super(says);
    this.name = 'BadText';
    this.offset = offset;
  }
}
