"""Two `async def` handlers that are played and not served: what @reeve.handler registers is the business of one program at a time."""


async def steps(task):
    one = await task.step("one", lambda: {"n": 1})

    async def two():
        return one["n"] + 1

    return [one, await task.step("two", two)]


async def nap(task):
    await task.sleep(3600, name="nap")
    return "rested"
