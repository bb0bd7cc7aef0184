/** Where photos are asked for: beside the windows, or under the display's own path where only that is served. */
let folder = '/photo/';

export function setPhotoFolder(path: string): void {
  folder = path;
}

/** The address of a photo by its SHA-256. */
export function photoAddress(photo: string): string {
  return folder + photo;
}
