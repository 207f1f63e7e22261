/**
 * What a credential written as `{ sandbox: true }` stands for: fixed, and so plainly false that nobody takes it for a
 * secret. The stand-in of the connection expects the same.
 */
export function sandboxCredential(connection: string, name: string): string {
  return `sandbox-not-a-secret-${connection}-${name}`;
}
