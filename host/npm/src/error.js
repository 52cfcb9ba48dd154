/**
 * A failure identified by its `code`: one from the contract (wit/image.wit), `trap` if the image core crashed,
 * `timeout` if it took too long, or `crashed` if its worker ended.
 */
export class DarkroomError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'DarkroomError';
    this.code = code;
  }
}
