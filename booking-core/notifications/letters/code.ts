import type { Letter } from "../letter.ts";

/** In both languages: of who asks for a code nothing is known but the address. */
export function codeLetter(code: string): Letter {
  return {
    language: "en",
    subject: "Your code for Onsale / Ihr Code für Onsale",
    blocks: [
      {
        kind: "text",
        text: "Somebody, hopefully you, wants to show that this address is theirs. Type this code where you were asked for it:",
      },
      { kind: "code", text: code },
      {
        kind: "text",
        text: "It is good for ten minutes. Give it to nobody: nobody at Onsale will ever ask you for it. If it was not you, there is nothing to do.",
      },
      {
        kind: "text",
        text: "Jemand, hoffentlich Sie, möchte zeigen, dass diese Adresse die eigene ist. Geben Sie den Code dort ein, wo Sie danach gefragt wurden. Er gilt zehn Minuten. Geben Sie ihn niemandem: Niemand von Onsale fragt Sie je danach. Wenn Sie es nicht waren, ist nichts zu tun.",
      },
    ],
  };
}
