/** One spelling of an address, however it was typed. */
export function normaliseAddress(email: string): string {
  return email.trim().toLowerCase();
}
