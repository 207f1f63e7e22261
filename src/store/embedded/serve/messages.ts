/** What the threads of the server tell each other. */

/** How the server thread is started. */
export interface ServeOptions {
  readonly file: string;
  /** Path of a Unix socket, or null when a TCP port is used. */
  readonly socket: string | null;
  /** Loopback port; 0 takes any free one. */
  readonly tcpPort: number | null;
  readonly maxPages: number | null;
  /** How often expired documents are deleted. */
  readonly purgeEveryMs: number;
}

export type FromServer =
  | { readonly kind: 'listening'; readonly port: number | null }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };

export interface ToReader {
  readonly id: number;
  readonly body: Uint8Array;
}

export interface FromReader {
  readonly id: number;
  readonly reply: Uint8Array;
}
