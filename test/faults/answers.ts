export type Answered = { readonly status: number; readonly code: string; readonly body: AnswerBody };

/** What is read of answers. */
export type AnswerBody = {
  readonly id?: string;
  readonly status?: string | number;
  readonly code?: string;
  readonly token?: string;
  readonly pass?: string;
  readonly payUrl?: string | null;
  readonly free?: number;
  readonly quantity?: number;
  readonly standing?: { readonly outcome: string };
  readonly deadline?: string;
  readonly seats?: readonly {
    readonly position: number;
    readonly seatNumber: number | null;
    readonly ticketId: string | null;
    readonly sectionId: string;
  }[];
};
