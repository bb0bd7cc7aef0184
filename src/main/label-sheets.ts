import { join } from 'node:path';
import type { LabelSheets } from '../domain/label-sheet';
import { drawLabelSheets } from '../pages/label-sheet';
import { projectFolder } from './project-folder';

/** Labels as a PDF file in our letters. Takes seconds where there are many: the worker's work. */
export function sheetsFile(sheets: LabelSheets): Uint8Array {
  return drawLabelSheets(sheets, join(projectFolder, 'resources', 'fonts'));
}
