// Files that were chosen or dropped as folders, however deep they lie.

/** Suffixes of recorders' files that browsers know no type of; as in the picker's own list. */
const SUFFIXES = /\.(mkv|avi|ts|dav|h264|264|h265|265|mp4|mov|m4v|webm|mpg|mpeg)$/i;

/** Whether a file is called as footage is. The server looks into it; this spares sending the rest. */
export function isNamedLikeFootage(file: File): boolean {
  return file.type.startsWith("video/") || SUFFIXES.test(file.name);
}

/** Whether a file that lies in a folder looks like footage: what else lies there is left out. */
export function isFootage(file: File): boolean {
  return !file.name.startsWith(".") && file.size > 0 && isNamedLikeFootage(file);
}

/** Files of a drop: those dropped by themselves, and those inside dropped folders. */
export async function dropped(transfer: DataTransfer): Promise<{ files: File[]; inside: File[] }> {
  const files: File[] = [], inside: File[] = [];
  // Entries must be taken before the first wait: the drop's own list is emptied then.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) return { files: [...transfer.files], inside };
  for (const entry of entries) {
    if (entry.isFile) files.push(await fileOf(entry as FileSystemFileEntry));
    else inside.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
  }
  return { files, inside };
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader(), found: File[] = [];
  for (;;) {
    // A reader gives its entries in parts, and nothing when it has given all.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return found;
    for (const entry of part) {
      if (entry.isFile) found.push(await fileOf(entry as FileSystemFileEntry));
      else found.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
