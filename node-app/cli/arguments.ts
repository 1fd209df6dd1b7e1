/** What an argument means, as the help of every command says it. */
export const ROOM_HELP = 'an id, the beginning of one, or a name'
export const MEMBER_HELP = 'an id, the beginning of one, or a name that no other resembles'
export const FILE_HELP = 'an id, the beginning of one, or a name, as `file list` shows them'
export const MESSAGE_HELP = 'the message’s id, as `messages --ids` shows it'
