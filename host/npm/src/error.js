/**
 * A failure that its `code` names: one of the contract's (wit/image.wit), or `trap` when the image core crashed, `timeout`
 * when it took too long, `crashed` when its worker ended.
 */
export class DarkroomError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'DarkroomError';
    this.code = code;
  }
}
