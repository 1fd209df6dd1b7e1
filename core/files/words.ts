import type { FileReason } from './api.ts'

/** The same to whoever sent it. */
export const SENDER_WORDS: Partial<Record<FileReason, string>> = {
  'source-changed':
    'You changed this file after you sent it, so it is offered no more. Those who have it keep it; send it again as it is now.',
  'source-gone':
    'This file is not where you sent it from, so it is offered no more. Put it back and it is offered again, or send it anew.',
}

/** Why an item stands still, in people's words: what happened, what is safe, what to do. */
export const REASON_WORDS: Readonly<Record<FileReason, string>> = {
  'no-source':
    'Nobody who has the rest of this file is in reach. What is here is kept, and it goes on by itself when somebody comes.',
  'disk-full':
    'This device has no space left for this file. What is here is kept; free some space, and it goes on by itself.',
  quota:
    'Files have reached the space that you allow them. What is here is kept; allow more or delete other files, then go on.',
  'source-changed':
    'The file was changed where it was sent from, and nobody else in reach has it as it was. What is here is kept; ask the sender to send it again.',
  'source-gone':
    'The file is gone from where it was sent from, and nobody else in reach has it. What is here is kept; ask the sender to send it again.',
  damaged:
    'This file came damaged, so nothing wrong was kept. What is here is verified; try again when others who have it are in reach, or ask the sender to send it again.',
  'not-stored':
    'This device could not store this file at its place. What is here is kept; look at the permissions there, or fetch it to a folder with a shorter path.',
  'lost-here':
    'What was here of this file was moved, changed or deleted by something other than Porchlight. The message is safe; fetch the file again.',
}
