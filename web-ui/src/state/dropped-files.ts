/** Whether what is dragged over the page, or dropped on it, is files rather than words. */
export function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') === true
}

/** The files of a drop, and whether folders were among it: a page is not told what is in them all at once. */
export function droppedFiles(transfer: DataTransfer): { files: File[]; folders: boolean } {
  let folders = false
  const files = [...transfer.items].flatMap((item) => {
    if (item.kind !== 'file') return []
    if (item.webkitGetAsEntry()?.isDirectory === true) {
      folders = true
      return []
    }
    return item.getAsFile() ?? []
  })
  return { files, folders }
}

/** The files of a paste; none when words were copied along, which a person means then. */
export function pastedFiles(transfer: DataTransfer | null): readonly File[] {
  if (!transfer || transfer.types.includes('text/plain')) return []
  return [...transfer.files]
}
