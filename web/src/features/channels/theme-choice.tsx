import { Choice } from "@/shared/choice";
import { themeChoice } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";

const words = texts.theme;

/** Light, dark, or as the system has it. */
export function ThemeChoice() {
  const value = useStore(themeChoice, (state) => state);
  return (
    <Choice
      label={words.label}
      value={value}
      options={themeChoice.values.map((theme) => [theme, words[theme]])}
      onChange={themeChoice.set}
    />
  );
}
