// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRegistry} from "../src/IRegistry.sol";
import {Registry} from "../src/Registry.sol";
import {Image, Registration} from "../src/Types.sol";
import {Play} from "./utils/Play.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Images and models, and the deployment's bounds.
contract RegistryTest is Play {
    /// @dev A registration that isn't the one of setUp.
    function _fresh() private returns (Registration memory fresh) {
        fresh = _registration(ITERATIONS);
        fresh.slotTableRoot = keccak256("another table");
    }

    function _imageId(Image memory i) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"21", i.codeRoot, i.dataRoot, i.wasmHash, i.loweringVersion));
    }

    function testAModelIsRegisteredByAnyone() public {
        Registration memory fresh = _fresh();
        vm.recordLogs();
        vm.prank(anyone);
        bytes32 id = registry.register(fresh);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        // Its image is known already.
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IRegistry.Registered.selector);
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].topics[2], bytes32(uint256(uint160(anyone))));
        assertEq(logs[0].data, abi.encode(fresh));
        assertTrue(registry.isModel(id));
    }

    function testOnlyModelsAreModels() public view {
        assertTrue(registry.isModel(model));
        assertFalse(registry.isModel(keccak256("no model")));
        assertFalse(registry.isModel(_imageId(registration.image)));
        assertFalse(registry.isModel(offer));
    }

    function testTheIdIsTheDocumentedPreimage() public {
        Registration memory r = _fresh();
        bytes memory preimage = abi.encodePacked(
            hex"22",
            hex"00000003",
            uint32(ITERATIONS),
            r.programRoot,
            r.initialSlotsRoot,
            r.slotTableRoot,
            _imageId(r.image),
            hex"00000001"
        );
        assertEq(registry.register(r), keccak256(preimage));
    }

    function testEveryFieldIsBound() public {
        bytes32[] memory ids = new bytes32[](9);
        for (uint256 i = 0; i < ids.length; i++) {
            Registration memory r = _fresh();
            if (i == 1) r.length++;
            if (i == 2) r.maxIterations++;
            if (i == 3) r.programRoot = keccak256("other");
            if (i == 4) {
                r.outputsRoot = keccak256("other");
                bytes32 left = keccak256(abi.encodePacked(_zero(35), r.outputsRoot));
                r.initialSlotsRoot = keccak256(abi.encodePacked(left, r.rest));
            }
            if (i == 5) r.image.codeRoot = keccak256("other");
            if (i == 6) r.image.dataRoot = keccak256("other");
            if (i == 7) r.image.wasmHash = keccak256("other");
            if (i == 8) r.image.loweringVersion++;
            ids[i] = registry.register(r);
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(ids[i], ids[j]);
            }
        }
    }

    function testAModelIsRegisteredOnce() public {
        Registration memory fresh = _fresh();
        bytes32 id = registry.register(fresh);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.ModelExists.selector, id));
        vm.prank(anyone);
        registry.register(fresh);
    }

    function testLengthAndIterationsHaveLimits() public {
        Registration memory fresh = _fresh();
        fresh.length = 0;
        vm.expectRevert(abi.encodeWithSelector(IRegistry.LengthOutOfRange.selector, 0, 1 << 20));
        registry.register(fresh);
        fresh.length = (1 << 20) + 1;
        vm.expectRevert(abi.encodeWithSelector(IRegistry.LengthOutOfRange.selector, (1 << 20) + 1, 1 << 20));
        registry.register(fresh);
        fresh.length = 1 << 20;
        fresh.maxIterations = 0;
        vm.expectRevert(abi.encodeWithSelector(IRegistry.IterationsOutOfRange.selector, 0, type(uint32).max));
        registry.register(fresh);
        fresh.maxIterations = type(uint32).max;
        registry.register(fresh);
    }

    function testAnotherMachineIsRefused() public {
        Registration memory fresh = _fresh();
        fresh.machineVersion = 2;
        vm.expectRevert(abi.encodeWithSelector(IRegistry.UnsupportedMachineVersion.selector, 2, 1));
        registry.register(fresh);
    }

    function testTheInitialSlotsRootIsChecked() public {
        Registration memory fresh = _fresh();
        bytes32 right = fresh.initialSlotsRoot;
        fresh.initialSlotsRoot = keccak256("other");
        vm.expectRevert(
            abi.encodeWithSelector(IRegistry.InitialSlotsRootMismatch.selector, right, keccak256("other"))
        );
        registry.register(fresh);
    }

    // Images.

    function testAnImageIsRegisteredAlone() public {
        Image memory image = Image(keccak256("c"), keccak256("d"), keccak256("w"), 7);
        assertFalse(registry.isImage(_imageId(image)));
        vm.recordLogs();
        vm.prank(anyone);
        bytes32 id = registry.registerImage(image);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(id, _imageId(image));
        assertEq(logs[0].topics[0], IRegistry.ImageRegistered.selector);
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].data, abi.encode(image));
        assertTrue(registry.isImage(id));
    }

    function testAnImageIsRegisteredOnce() public {
        Image memory image = registration.image;
        vm.expectRevert(abi.encodeWithSelector(IRegistry.ImageExists.selector, _imageId(image)));
        registry.registerImage(image);
    }

    function testAModelBringsItsImage() public {
        Registration memory fresh = _fresh();
        fresh.image.wasmHash = keccak256("another wasm");
        vm.recordLogs();
        registry.register(fresh);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        assertEq(logs[0].topics[0], IRegistry.ImageRegistered.selector);
        assertEq(logs[0].topics[1], _imageId(fresh.image));
        assertTrue(registry.isImage(_imageId(fresh.image)));
    }

    function testAModelOfAKnownImageRegistersNone() public {
        Registration memory fresh = _fresh();
        fresh.image.wasmHash = keccak256("another wasm");
        registry.registerImage(fresh.image);
        vm.recordLogs();
        registry.register(fresh);
        assertEq(vm.getRecordedLogs().length, 1);
    }

    // Deployment.

    function testTheDeploymentsBoundsHaveLimits() public {
        uint256 most = uint256(type(uint32).max) * 1 gwei;
        _invalid("minWindow", 15, 16, 180 days, [uint256(15), 1, 1]);
        _invalid("minWindow", 180 days + 1, 16, 180 days, [uint256(180 days + 1), 1, 1]);
        _invalid("minClock", 0, 1, 180 days, [uint256(16), 0, 1]);
        _invalid("minClock", 180 days + 1, 1, 180 days, [uint256(16), 180 days + 1, 1]);
        _invalid("minRepayment", 0, 1, most, [uint256(16), 1, 0]);
        _invalid("minRepayment", most + 1, 1, most, [uint256(16), 1, most + 1]);
        Registry widest = new Registry(180 days, 180 days, most);
        assertEq(widest.MIN_WINDOW(), 180 days);
        assertEq(widest.MIN_CLOCK(), 180 days);
        assertEq(widest.MIN_REPAYMENT(), most);
    }

    function _invalid(
        string memory name,
        uint256 value,
        uint256 least,
        uint256 most,
        uint256[3] memory bounds
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.InvalidTerm.selector, name, value, least, most));
        new Registry(bounds[0], bounds[1], bounds[2]);
    }
}
