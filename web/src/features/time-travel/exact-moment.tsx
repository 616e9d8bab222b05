import { chakra } from "@chakra-ui/react";
import { useId, useState } from "react";
import { texts } from "@/shared/texts";
import { fromLocalField, toLocalField } from "./time-scale";

export type ExactMomentProps = {
  /** The ends of what can be chosen, and what is chosen, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly onMoment: (at: number) => void;
};

/** A moment to the second. What is typed stays as it is while it is no moment of the scale: a year begins as another one. */
export function ExactMoment({ from, to, at, onMoment }: ExactMomentProps) {
  const id = useId();
  const [typed, setTyped] = useState<string>();
  const isOnScale = (moment: number): boolean => moment >= from && moment <= to;
  const settle = (): void => {
    const exact = fromLocalField(typed ?? "");
    if (exact !== undefined && !isOnScale(exact)) onMoment(Math.min(to, Math.max(from, exact)));
    setTyped(undefined);
  };
  return (
    <>
      <chakra.label htmlFor={id} srOnly>
        {texts.past.exact}
      </chakra.label>
      <chakra.input
        id={id}
        type="datetime-local"
        step={1}
        min={toLocalField(from)}
        max={toLocalField(to)}
        value={typed ?? toLocalField(at)}
        onChange={({ target: { value } }) => {
          setTyped(value);
          const exact = fromLocalField(value);
          if (exact !== undefined && isOnScale(exact)) onMoment(exact);
        }}
        onBlur={settle}
        onKeyDown={(event) => {
          if (event.key === "Enter") settle();
        }}
        h="8"
        px="2"
        fontSize={{ base: "md", md: "sm" }} // a phone would zoom to smaller letters
        rounded="md"
        borderWidth="1px"
        borderColor="border.emphasized"
        bg="bg.panel"
        color="fg"
        focusVisibleRing="outside"
      />
    </>
  );
}
