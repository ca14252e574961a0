export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export function startPostgres(options?: { readonly password?: string }): Promise<PostgresServer>;
