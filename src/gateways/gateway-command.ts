/** What a person can do at a gateway from a terminal: `paidonce <gateway> <command>`. The command line knows nothing else of them. */
export interface GatewayCommand<Account> {
  readonly name: string;
  readonly summary: string;
  /** What has to be named, such as a subscription. */
  readonly argument?: { readonly name: string; readonly summary: string };
  /** `--<name>` */
  readonly flag?: { readonly name: string; readonly summary: string };
  readonly help: string;
  /** @throws GatewayRejected | GatewayUnavailable */
  run(account: Account, asked: AskedCommand): Promise<CommandAnswer>;
}

export interface AskedCommand {
  readonly argument: string;
  readonly isFlagged: boolean;
}

/** The same for a person and for another program. */
export interface CommandAnswer {
  readonly lines: readonly string[];
  readonly json: unknown;
  /** It did not come to what was asked for: `lines` are a complaint, and the exit code is 1. */
  readonly isBadNews?: true;
}
