import { chakra, Flex, Text } from "@chakra-ui/react";
import { type ReactNode, useId } from "react";

export type ChoiceProps<Value extends string> = {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onChange: (value: Value) => void;
  /** What is to be said of the choice. */
  readonly children?: ReactNode;
};

/** One of a few, by the browser's own list: it needs no code, and a phone shows it as it shows all. */
export function Choice<Value extends string>({ label, value, options, onChange, children }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <Flex direction="column" gap="1">
      <Flex align="center" justify="space-between" gap="3" textStyle="xs">
        <label htmlFor={id}>{label}</label>
        <chakra.select
          id={id}
          value={value}
          aria-describedby={children ? `${id}-note` : undefined}
          onChange={(event) => {
            const chosen = options.find(([option]) => option === event.target.value);
            if (chosen) onChange(chosen[0]);
          }}
          fontSize={{ base: "md", md: "xs" }} // a phone would zoom to smaller letters
          minW="0"
          maxW="44"
          h="7"
          px="1.5"
          borderWidth="1px"
          borderColor="border.emphasized"
          rounded="sm"
          bg="bg.panel"
          color="fg"
          focusVisibleRing="outside"
        >
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </chakra.select>
      </Flex>
      {children && (
        <Text id={`${id}-note`} textStyle="xs" color="fg.muted" role="status">
          {children}
        </Text>
      )}
    </Flex>
  );
}
