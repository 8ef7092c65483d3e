import { expect, test } from "vitest";
import { mayRunPrograms } from "./quickest-folder.ts";

const shm = (flags: string) =>
  `proc /proc proc rw,noexec 0 0\ntmpfs /dev/shm tmpfs ${flags} 0 0\ntmpfs /tmp tmpfs rw 0 0\n`;

test.each([
  ["a folder in memory that may run programs", shm("rw,nosuid,nodev"), true],
  ["one that may not", shm("rw,nosuid,nodev,noexec"), false],
  ["no folder in memory", "proc /proc proc rw 0 0\n/dev/vda / ext4 rw 0 0\n", false],
  ["a folder of its name on a disk", "/dev/vda /dev/shm ext4 rw 0 0\n", false],
])("%s", (_, mounts, expected) => {
  expect(mayRunPrograms(mounts)).toBe(expected);
});
