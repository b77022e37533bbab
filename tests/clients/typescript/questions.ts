// As in ../questions.py.
const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

export const ADDRESS = setting("KINDRED_ADDRESS");
export const KEY = setting("KINDRED_KEY");
export const ID = setting("KINDRED_ID");
export const OTHER = setting("KINDRED_OTHER");
export const VECTOR: number[] = JSON.parse(setting("KINDRED_VECTOR"));
export const PROFILE = { interests: ["salsa", "ballet"], age: 30, city: null };

export const inBase64 = async (content: Blob): Promise<string> =>
  Buffer.from(await content.arrayBuffer()).toString("base64");

export const run = (main: () => Promise<object>): void => {
  main().then(
    (answers) => process.stdout.write(JSON.stringify(answers)),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
};
