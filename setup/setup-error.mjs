/** What a person can mend: shown as its sentence alone. */
export class SetupError extends Error {}
