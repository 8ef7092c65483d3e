import { describe, expect, test } from "vitest";
import { type Progress, readAnswer } from "./answer-status.ts";

const chunked =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;note=x\r\nHTTP/\r\n00a\r\n0123456789\r\n0\r\nX: y\r\n\r\n";

describe("an answer", () => {
  test.each<[string, string, number, Progress]>([
    ["with a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "over"],
    ["with an empty body", "HTTP/1.1 503 Later\r\ncontent-length:0\r\n\r\n", 503, "over"],
    ["that has no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, "over"],
    ["in chunks", chunked, 200, "over"],
    ["behind an interim one", `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${chunked}`, 200, "over"],
    ["that is the last", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", 200, "spoilt"],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "spoilt"],
    ["with too much behind it", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy", 200, "spoilt"],
    ["with too much behind its chunks", `${chunked}x`, 200, "spoilt"],
    [
      "with a chunk of no length",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
      200,
      "spoilt",
    ],
    ["that ends with its connection", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "more"],
    ["whose body is cut", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", 200, "more"],
    ["whose head is cut", "HTTP/1.1 200 OK\r\nContent-Le", 0, "more"],
    ["of another protocol", "SSH-2.0-OpenSSH_9.6\r\n\r\n", 0, "spoilt"],
    ["whose head has no end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}`, 0, "spoilt"],
  ])("%s gives its status", (_what, text, status, progress) => {
    const reader = readAnswer();
    expect(reader.take(text)).toBe(progress);
    expect(reader.status()).toBe(status);
  });

  test("says the same wherever it is split", () => {
    for (let first = 1; first < chunked.length - 1; first += 1)
      for (let second = first + 1; second < chunked.length; second += 1) {
        const reader = readAnswer();
        const pieces = [chunked.slice(0, first), chunked.slice(first, second), chunked.slice(second)];
        expect(pieces.map((piece) => reader.take(piece))).toEqual(["more", "more", "over"]);
        expect(reader.status()).toBe(200);
      }
  });
});
