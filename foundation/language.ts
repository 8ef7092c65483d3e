/** In which a buyer is written to. */
export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];
