/** A command of a gateway: `paidonce <gateway> <command>`. The command line knows nothing else about it. */
export interface GatewayCommand<Account> {
  readonly name: string;
  readonly summary: string;
  /** A required argument, such as a subscription. */
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

/** The answer for a person and for another program. */
export interface CommandAnswer {
  readonly lines: readonly string[];
  readonly json: unknown;
  /** The command did not achieve its aim: `lines` say why, and the exit code is 1. */
  readonly isBadNews?: true;
}
