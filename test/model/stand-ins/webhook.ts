/** Signatures are tested elsewhere, and cost more than all the rest of an update. */
export class Webhook {
  sign(): string {
    return 'v1,signed';
  }
}
