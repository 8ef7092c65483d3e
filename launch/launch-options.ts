/** What the command line of `npm start` says. */
export type LaunchOptions = { readonly port: number; readonly data: string; readonly demo: boolean };
