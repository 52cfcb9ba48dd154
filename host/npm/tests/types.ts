import { DarkroomError, image, type Metadata, type OutputInfo } from 'darkroom-image';
import { image as small } from 'darkroom-image/lite';

export async function use(input: Blob): Promise<[Metadata, OutputInfo]> {
  const bytes: Uint8Array = await image(input).resize({ width: 800, fit: 'cover' }).avif({ quality: 60 }).toBuffer();
  const { info } = await small(bytes).clone().recipe('width=80').webp({ maxBytes: 3000 }).toBuffer({ resolveWithObject: true });
  // @ts-expect-error: no such format
  image(input).toFormat('bmp');
  // @ts-expect-error: no such option
  image(input).jpeg({ progressive: true });
  const failure: unknown = new DarkroomError('timeout', 'late');
  if (failure instanceof DarkroomError) failure.code.toUpperCase();
  return [await image(input).metadata(), info];
}
