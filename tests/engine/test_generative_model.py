"""GenerativeModel, its optimizers, averages, seeds and data, on tiny models."""

import json
import zipfile

import keras
import numpy as np
import pytest
from keras import ops
from support.tiny_gan import TinyGAN, changed, everything, snapshot, vectors

import zoo
from zoo.engine import batches
from zoo.engine.optimizer_group import OptimizerGroup


def adam(rate=0.01):
    return keras.optimizers.Adam(rate)


def tiny(critic_steps=1, compile=True, **kwargs):
    model = TinyGAN(critic_steps=critic_steps, **kwargs)
    if compile:
        model.compile()
    return model


def fit(model, epochs=1, **kwargs):
    """Trains on 4 batches in their order; returns each epoch's losses."""
    history = model.fit(
        vectors(32),
        batch_size=8,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        **kwargs,
    )
    return history.history


# Compiling


def test_unknown_optimizer():
    with pytest.raises(ValueError, match=r"critic_optimizer.*Received.*critc"):
        TinyGAN().compile(critc_optimizer=adam())


def test_one_optimizer_for_both():
    both = adam()
    with pytest.raises(ValueError, match=r"of its own.*Received"):
        TinyGAN().compile(critic_optimizer=both, generator_optimizer=both)


def test_optimizer_of_other_variables():
    used = adam()
    used.build([keras.Variable([1.0])])
    with pytest.raises(ValueError, match=r"'critic'.*Received"):
        TinyGAN().compile(critic_optimizer=used)


def test_optimizer_of_the_other_player():
    model = tiny()
    with pytest.raises(ValueError, match=r"'critic'.*Received"):
        model.compile(critic_optimizer=model.optimizer["generator"])


def test_optimizers_by_name_and_config():
    model = TinyGAN()
    model.compile(
        critic_optimizer="rmsprop",
        generator_optimizer=keras.optimizers.serialize(adam(0.5)),
    )
    assert isinstance(model.optimizer["critic"], keras.optimizers.RMSprop)
    assert float(model.optimizer["generator"].learning_rate) == 0.5


def test_default_optimizers_are_new_each_time():
    one, two = tiny(), tiny()
    assert one.optimizer["critic"] is not two.optimizer["critic"]


def test_compile_again_keeps_an_optimizer_that_is_passed_on():
    model = tiny()
    critic = model.optimizer["critic"]
    model.compile(critic_optimizer=critic)
    assert model.optimizer["critic"] is critic


def test_fit_before_compile():
    with pytest.raises(ValueError, match="compile"):
        fit(tiny(compile=False))


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2])
def test_ema_decay_out_of_range(decay):
    with pytest.raises(ValueError, match=rf"ema_decay.*Received.*{decay}"):
        TinyGAN(ema_decay=decay)


def test_weights_survive_an_interrupted_fit():
    """As by Ctrl-C, or an error in a callback."""
    model = tiny()
    before = snapshot(model.trainable_variables)

    def interrupt(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    stop = keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit(model, callbacks=[stop])
    after = snapshot(model.trainable_variables)
    assert int(model.optimizer["critic"].iterations) == 2
    assert all(np.isfinite(w).all() for w in after)
    assert not all(map(np.array_equal, before, after))


# The optimizer group


def test_group_variables_are_the_members():
    model = tiny()
    group = model.optimizer
    expected = [v for m in group.members.values() for v in m.variables]
    assert [id(v) for v in group.variables] == [id(v) for v in expected]
    assert len(expected) > 2 * 2  # moments too, not counts and rates alone


@pytest.mark.parametrize("call", ["build", "apply"])
def test_group_refuses_to_act_for_its_members(call):
    group = OptimizerGroup({"a": adam()})
    with pytest.raises(NotImplementedError, match="member"):
        getattr(group, call)([])


def test_learning_rate_keeps_the_ratio():
    model = tiny()
    model.optimizer.learning_rate = 0.002
    assert rates(model) == pytest.approx([0.002, 0.001], rel=1e-6)


def test_learning_rate_comes_back_from_zero():
    """A warm-up may start at 0."""
    model = tiny()
    model.optimizer.learning_rate = 0.0
    assert rates(model) == [0, 0]
    model.optimizer.learning_rate = 0.002
    assert rates(model) == pytest.approx([0.002, 0.001], rel=1e-6)


def rates(model):
    return [float(m.learning_rate) for m in model.optimizer.members.values()]


def test_callbacks_that_set_the_learning_rate():
    model = tiny()
    halve = keras.callbacks.LearningRateScheduler(lambda _, rate: rate / 2)
    history = fit(model, epochs=2, callbacks=[halve])
    assert rates(model) == pytest.approx([0.005, 0.0025], rel=1e-6)
    assert history["learning_rate"] == pytest.approx([0.01, 0.005], rel=1e-6)
    plateau = keras.callbacks.ReduceLROnPlateau(
        "generator_loss", factor=0.1, patience=1, min_delta=1e6, mode="min"
    )
    fit(model, epochs=2, callbacks=[plateau])
    assert rates(model) == pytest.approx([0.0005, 0.00025], rel=1e-6)


def test_callback_rate_is_the_rate_of_the_next_epoch():
    """SGD at rate 0 moves no weight, whatever was compiled before."""
    model = TinyGAN(critic_steps=1)
    model.compile(critic_optimizer="sgd", generator_optimizer="sgd")

    def schedule(epoch, _):
        return [0.1, 0.0][epoch]

    weights = []
    each = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(
            snapshot(model.trainable_variables)
        )
    )
    scheduler = keras.callbacks.LearningRateScheduler(schedule)
    fit(model, epochs=2, callbacks=[scheduler, each])
    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)


# Evaluation and prediction


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = tiny(ema_decay=0.9)
    model.history_of_first_fit = fit(model)
    return model


def test_evaluate_changes_nothing_but_metrics(trained):
    before = everything(trained)
    losses = trained.evaluate(
        vectors(16), batch_size=8, verbose=0, return_dict=True
    )
    assert set(losses) == {"loss", *trained.loss_names}
    assert np.isfinite(list(losses.values())).all()
    assert changed(before, everything(trained)) == []


def test_predict_and_call_use_the_average(trained):
    latents = np.ones((4, 2), "float32")
    average = trained.averages["generator"].network
    expected = ops.convert_to_numpy(average(latents, training=False))
    live = ops.convert_to_numpy(trained.generator(latents, training=False))
    predicted = trained.predict(latents, verbose=0)
    np.testing.assert_allclose(predicted, expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(predicted, live, atol=1e-6)


def test_validation_data_leaves_training_as_it_is():
    """Losses with and without validation are bit-equal."""
    model = tiny()
    variables = [*model.variables, *model.optimizer.variables]
    initial, results = snapshot(variables), []
    for validation in (None, vectors(8)):
        for variable, value in zip(variables, initial, strict=True):
            variable.assign(value)
        history = fit(model, epochs=2, validation_data=validation)
        results.append([history[name] for name in model.loss_names])
    assert "val_generator_loss" in history
    assert results[0] == results[1]


# Logging


@pytest.mark.parametrize("terms", [{"critic_loss": 1.0}, None])
def test_log_wants_the_terms_of_loss_names(terms):
    model = tiny(compile=False)
    if terms is None:
        terms = {**dict.fromkeys(model.loss_names, 1.0), "other": 1.0}
    with pytest.raises(ValueError, match="loss_names"):
        model.log(**terms)


def test_log_returns_means():
    model = tiny(compile=False)
    for scale in (1.0, 3.0):
        logs = model.log(
            critic_loss=scale, penalty=10 * scale, generator_loss=-scale
        )
    expected = {"critic_loss": 2, "penalty": 20, "generator_loss": -2}
    expected["loss"] = sum(expected.values())
    assert {k: float(v) for k, v in logs.items()} == expected


# Averages


def test_average_warms_up():
    """D = min(decay, (1 + t) / (10 + t)), by hand over 5 updates."""
    model = tiny(ema_decay=0.3)
    average = model.averages["generator"].network
    expected = snapshot(model.generator.variables)
    for value, copy in zip(expected, snapshot(average.variables), strict=True):
        np.testing.assert_array_equal(value, copy)
    for decay in (1 / 10, 2 / 11, 3 / 12, 0.3, 0.3):
        model.train_on_batch(vectors(8))
        expected = [
            decay * old + (1 - decay) * new
            for old, new in zip(
                expected, snapshot(model.generator.variables), strict=True
            )
        ]
        got = snapshot(average.variables)
        for value, hand in zip(got, expected, strict=True):
            np.testing.assert_allclose(value, hand, rtol=1e-5, atol=1e-6)
    assert int(model.averages["generator"].updates) == 5


def test_average_is_not_trained(trained):
    ids = {id(v) for v in trained.averages["generator"].variables}
    assert not ids & {id(v) for v in trained.trainable_variables}
    assert ids <= {id(v) for v in trained.non_trainable_variables}


# Saving


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """A model that never stopped, one saved on the way, and their losses."""
    keras.utils.set_random_seed(5)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model = TinyGAN(ema_decay=0.9, critic_steps=2)
    model.compile(
        critic_optimizer=keras.optimizers.RMSprop(0.03, momentum=0.5),
        generator_optimizer=keras.optimizers.Adam(0.01, beta_1=0.5),
    )
    fit(model)
    model.save(path)
    before = everything(model)
    losses = fit(model)
    keras.utils.set_random_seed(99)
    loaded = keras.saving.load_model(path)
    after_loading = everything(loaded)
    losses_of_loaded = fit(loaded)
    return {
        "path": path,
        "states": (list(before.values()), list(after_loading.values())),
        "losses": (losses, losses_of_loaded),
        "models": (model, loaded),
    }


def test_load_brings_back_all_state(resumed):
    for saved, loaded in zip(*resumed["states"], strict=True):
        np.testing.assert_array_equal(saved, loaded)


def test_load_brings_back_arguments(resumed):
    model, loaded = resumed["models"]
    assert loaded.get_config() == model.get_config()
    for player in model.players:
        one, two = model.optimizer[player], loaded.optimizer[player]
        assert one.get_config() == two.get_config()
        assert type(one) is type(two)


def test_going_on_equals_never_having_stopped(resumed):
    assert resumed["losses"][0] == resumed["losses"][1]
    model, loaded = map(everything, resumed["models"])
    for one, two in zip(model.values(), loaded.values(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_saved_optimizers_have_public_paths(resumed):
    with zipfile.ZipFile(resumed["path"]) as file:
        config = json.loads(file.read("config.json"))
    optimizers = config["compile_config"]["optimizers"]
    assert [o["module"] for o in optimizers.values()] == [
        "keras.optimizers"
    ] * 2
    assert [o["class_name"] for o in optimizers.values()] == ["RMSprop", "Adam"]
    assert "keras.src" not in json.dumps(config["compile_config"])


def test_optimizer_state_is_stored_once(resumed, tmp_path):
    h5py = pytest.importorskip("h5py")
    with zipfile.ZipFile(resumed["path"]) as file:
        file.extract("model.weights.h5", tmp_path)
    sizes = []
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file["optimizer"].visititems(
            lambda _, x: sizes.append(x.shape) if hasattr(x, "shape") else None
        )
    assert len(sizes) == len(resumed["models"][0].optimizer.variables)


def test_load_without_compiling(resumed):
    loaded = keras.saving.load_model(resumed["path"], compile=False)
    assert not loaded.compiled
    variables = loaded.trainable_variables + loaded.non_trainable_variables
    saved = resumed["states"][0][: len(variables)]
    for value, old in zip(snapshot(variables), saved, strict=True):
        np.testing.assert_array_equal(value, old)


def test_uncompiled_model_round_trip(tmp_path):
    model = tiny(compile=False, ema_decay=0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    for pair in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(*snapshot(pair))


def test_weights_file_round_trip(resumed, tmp_path):
    model, _ = resumed["models"]
    path = tmp_path / "x.weights.h5"
    model.save_weights(path)
    other = TinyGAN(ema_decay=0.9, critic_steps=2)
    other.compile_from_config(model.get_compile_config())
    other.load_weights(path)
    pairs = zip(
        everything(model).values(), everything(other).values(), strict=True
    )
    for pair in pairs:
        np.testing.assert_array_equal(*pair)


def test_mixed_float16_round_trip(tmp_path):
    model = tiny(dtype="mixed_float16")
    scale = model.optimizer["critic"].dynamic_scale
    scale.assign(64.0)
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        assert b"keras.src" not in file.read("config.json")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.dtype_policy.name == "mixed_float16"
    assert float(loaded.optimizer["critic"].dynamic_scale.value) == 64
    assert isinstance(
        loaded.optimizer["critic"].inner_optimizer, keras.optimizers.Adam
    )


# Data


class Batches(keras.utils.PyDataset):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def tf_dataset(arrays):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(np.stack(arrays))


def torch_loader(arrays):
    data = pytest.importorskip("torch.utils.data")
    torch = pytest.importorskip("torch")
    tensors = data.TensorDataset(torch.from_numpy(np.concatenate(arrays)))
    return data.DataLoader(tensors, batch_size=8)


KINDS = {
    "arrays": np.concatenate,
    "tf.data": tf_dataset,
    "PyDataset": Batches,
    "generator": lambda arrays: ((x,) for x in arrays),
    "DataLoader": torch_loader,
}


@pytest.fixture(scope="module")
def fed():
    """One compiled model and its state before it was fed anything."""
    keras.utils.set_random_seed(0)
    model = tiny()
    return model, snapshot([*model.variables, *model.optimizer.variables])


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_data_train_alike(fed, kind):
    """The first batch that was looked at is trained on, and only once."""
    model, initial = fed
    variables = [*model.variables, *model.optimizer.variables]
    finals = []
    for name in ("arrays", kind):
        for variable, value in zip(variables, initial, strict=True):
            variable.assign(value)
        data = KINDS[name](list(vectors(24).reshape(3, 8, 3)))
        model.fit(
            data,
            batch_size=8 if name == "arrays" else None,
            steps_per_epoch=3 if name == "generator" else None,
            shuffle=False,
            verbose=0,
        )
        finals.append(snapshot(model.trainable_variables))
    assert int(model.optimizer["critic"].iterations) == 3
    for one, two in zip(*finals, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_data_evaluate(fed, kind):
    model, _ = fed
    losses = model.evaluate(
        KINDS[kind](list(vectors(16).reshape(2, 8, 3))),
        batch_size=8 if kind == "arrays" else None,
        steps=2 if kind == "generator" else None,
        verbose=0,
    )
    assert np.isfinite(losses).all()


@pytest.fixture(scope="module")
def dcgan():
    keras.utils.set_random_seed(0)
    model = zoo.DCGAN(image_shape=(16, 16, 1), latent_dim=4, filters=2)
    model.compile()
    return model


def images(*shape, low=-1.0, high=1.0):
    values = np.random.default_rng(0).uniform(low, high, shape)
    return values.astype("float32")


def with_nan():
    result = images(8, 16, 16, 1)
    result[3, 5, 5, 0] = np.nan
    return result


WRONG = {
    "uint8": (
        lambda: images(8, 16, 16, 1, low=0, high=255).astype("uint8"),
        r"127\.5.*Received: .*uint8",
    ),
    "[0, 255]": (
        lambda: images(8, 16, 16, 1, low=0, high=255),
        r"\[-1, 1\].*127\.5.*Received: .*25\d",
    ),
    "channels": (lambda: images(8, 16, 16, 3), r"16, 16, 1.*Received.*3\)"),
    "size": (lambda: images(8, 12, 12, 1), r"16, 16, 1.*Received.*12, 12, 1"),
    "3-D": (lambda: images(8, 16, 16), r"16, 16, 1.*Received.*8, 16, 16\)"),
    "NaN": (with_nan, r"\[-1, 1\].*Received.*nan"),
    "infinity": (lambda: with_nan() * np.inf, r"\[-1, 1\].*Received"),
    "no images": (lambda: images(0, 16, 16, 1), r"16, 16, 1.*Received.*no"),
    "no batch": (lambda: Batches([]), r"no batch.*Received"),
    "empty generator": (lambda: iter(()), r"no batch.*Received"),
    "labels in x": (
        lambda: (images(8, 16, 16, 1), np.arange(8)),
        r"16, 16, 1.*Received",
    ),
    "text": (lambda: Batches(["abc"]), r"16, 16, 1.*Received"),
    "nothing": (lambda: None, r"Received"),
    "a number": (lambda: 3, r"Received"),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.parametrize("what", WRONG)
def test_wrong_images_are_refused_before_training(dcgan, what):
    make, message = WRONG[what]
    before = everything(dcgan)
    for method in (dcgan.fit, dcgan.evaluate):
        with pytest.raises(ValueError, match=f"(?s){message}"):
            method(make(), verbose=0)
    assert changed(before, everything(dcgan)) == []


def test_size_48_for_a_model_of_64():
    with pytest.raises(ValueError, match=r"64, 64, 3.*Received.*48, 48, 3"):
        batches.check_images(images(2, 48, 48, 3), (64, 64, 3))


def zero_to_one(value=0.5, count=8):
    result = images(count, 16, 16, 1, low=0)
    result[-1] = value
    return result


@pytest.mark.parametrize("how", ["arrays", "batches", "validation"])
def test_images_from_zero_to_one_warn(dcgan, how):
    arguments = {
        "arrays": (zero_to_one(), {}),
        "batches": (Batches([zero_to_one()]), {}),
        "validation": (
            images(8, 16, 16, 1),
            {"validation_data": Batches([zero_to_one()])},
        ),
    }
    data, options = arguments[how]
    with pytest.warns(UserWarning, match=r"in \[0, 1\].*Received") as seen:
        dcgan.fit(data, verbose=0, **options)
    found = [str(w.message) for w in seen]
    assert sum("seem to be in [0, 1]" in text for text in found) == 1


def test_bright_and_plain_images_do_not_warn(dcgan):
    """The pictures of a first batch that are in [0, 1] may be so by chance."""
    dcgan.evaluate(zero_to_one(-0.1), verbose=0)
    dcgan.evaluate(np.zeros((8, 16, 16, 1), "float32"), verbose=0)
    dcgan.evaluate(np.ones((8, 16, 16, 1), "float32"), verbose=0)


def test_arrays_are_looked_at_as_a_whole(dcgan):
    """The last of 40 images, in the second batch of 32."""
    late = images(40, 16, 16, 1)
    late[-1] = 3
    with pytest.raises(ValueError, match=r"\[-1, 1\].*Received.*3"):
        dcgan.fit(late, verbose=0)
    model = zoo.ConditionalGAN((16, 16, 1), num_classes=3, filters=2)
    model.compile()
    labels = np.zeros(40, "int32")
    labels[-1] = 3
    with pytest.raises(ValueError, match="Received: labels from 0 to 3"):
        model.fit(images(40, 16, 16, 1), labels, verbose=0)


def test_rounding_may_leave_the_range(dcgan):
    dcgan.check_batch(images(8, 16, 16, 1) * 1.0005)


@pytest.mark.parametrize("how", ["x and y", "batches of pairs"])
def test_labels_are_ignored(dcgan, how):
    x, y = images(8, 16, 16, 1), np.arange(8)
    arguments = {
        "x and y": (x, y),
        "batches of pairs": (Batches([(x, y)]),),
    }[how]
    history = dcgan.fit(*arguments, verbose=0)
    assert np.isfinite(history.history["generator_loss"]).all()
