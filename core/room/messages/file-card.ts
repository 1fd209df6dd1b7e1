import type { FileCard, FilePreview, FileState } from '../../files/api.ts'
import { safeName } from '../../files/safe-name.ts'
import type { FileOffer, PreviewPayload } from './file-payload.ts'
import { imageType } from './image-type.ts'

const FOLDER_TYPE = 'inode/directory'
/** The type of what can be anything. */
export const ANY_TYPE = 'application/octet-stream'

/** What is kept in memory of an offer: all but its picture. */
export type FileItem = Omit<FileOffer, 'preview'>

/** An item as people see it. */
export function fileCard(item: FileItem, state: FileState, preview?: FilePreview | null): FileCard {
  const { root, name, size, contents, files, type } = item
  const folder = contents > 0
  // Nobody makes a file look like a folder.
  const claimed = type === FOLDER_TYPE ? ANY_TYPE : type
  return {
    id: fileId(root),
    name: safeName(name),
    size: size - contents,
    type: folder ? FOLDER_TYPE : claimed,
    state,
    ...(folder && { files }),
    ...(preview && { preview }),
  }
}

/** A preview as people see it; null for none. */
export function shownPreview(preview: PreviewPayload | null): FilePreview | null {
  const type = preview && imageType(preview.image)
  if (!type) return null
  const { image, width, height } = preview
  return { data: `data:${type};base64,${image.toString('base64')}`, width, height }
}

/** The id of an item for people. */
export function fileId(root: Buffer): string {
  return root.toString('hex', 0, 16)
}
