/** Thrown out of a read that looks at more than its budget: somebody else must run it from the start. */
export class TooLong extends Error {
  constructor() {
    super('this read is too long for the writing thread');
    this.name = 'TooLong';
  }
}
