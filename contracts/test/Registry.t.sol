// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint, ModelState, Registration} from "../src/IPinpoint.sol";
import {Play} from "./utils/Play.sol";

contract RegistryTest is Play {
    /// @dev A registration that isn't the one of setUp.
    function _fresh() private returns (Registration memory registration) {
        registration = _registration(ITERATIONS);
        registration.slotTableRoot = keccak256("another table");
    }

    function testAModelIsRegisteredByAnyone() public {
        Registration memory registration = _fresh();
        vm.recordLogs();
        vm.prank(anyone);
        bytes32 id = pinpoint.register(registration);
        bytes32[] memory topics = vm.getRecordedLogs()[0].topics;
        assertEq(topics[0], IPinpoint.Registered.selector);
        assertEq(topics[1], id);
        assertEq(topics[2], bytes32(uint256(uint160(anyone))));
        ModelState memory state = pinpoint.getModel(id);
        assertEq(state.length, 3);
        assertEq(state.maxIterations, ITERATIONS);
        assertEq(state.programRoot, registration.programRoot);
        assertEq(state.outputsRoot, registration.outputsRoot);
        assertEq(state.rest, registration.rest);
        assertEq(state.codeRoot, CODE_ROOT);
        assertEq(state.dataRoot, DATA_ROOT);
    }

    function testTheIdIsTheDocumentedPreimage() public {
        Registration memory r = _fresh();
        bytes32 image =
            keccak256(abi.encodePacked(hex"21", CODE_ROOT, DATA_ROOT, r.image.wasmHash, hex"00000001"));
        bytes memory preimage = abi.encodePacked(
            hex"22",
            hex"00000003",
            uint32(ITERATIONS),
            r.programRoot,
            r.initialSlotsRoot,
            r.slotTableRoot,
            image,
            hex"00000001"
        );
        assertEq(pinpoint.register(r), keccak256(preimage));
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
            ids[i] = pinpoint.register(r);
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(ids[i], ids[j]);
            }
        }
    }

    function testAModelIsRegisteredOnce() public {
        Registration memory registration = _fresh();
        bytes32 id = pinpoint.register(registration);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ModelExists.selector, id));
        vm.prank(anyone);
        pinpoint.register(registration);
    }

    function testLengthAndIterationsHaveLimits() public {
        Registration memory registration = _fresh();
        registration.length = 0;
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.LengthOutOfRange.selector, 0, 1 << 20));
        pinpoint.register(registration);
        registration.length = (1 << 20) + 1;
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.LengthOutOfRange.selector, (1 << 20) + 1, 1 << 20));
        pinpoint.register(registration);
        registration.length = 1 << 20;
        registration.maxIterations = 0;
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.IterationsOutOfRange.selector, 0, type(uint32).max));
        pinpoint.register(registration);
        registration.maxIterations = type(uint32).max;
        pinpoint.register(registration);
    }

    function testAnotherMachineIsRefused() public {
        Registration memory registration = _fresh();
        registration.machineVersion = 2;
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.UnsupportedMachineVersion.selector, 2, 1));
        pinpoint.register(registration);
    }

    function testTheInitialSlotsRootIsChecked() public {
        Registration memory registration = _fresh();
        bytes32 right = registration.initialSlotsRoot;
        registration.initialSlotsRoot = keccak256("other");
        vm.expectRevert(
            abi.encodeWithSelector(IPinpoint.InitialSlotsRootMismatch.selector, right, keccak256("other"))
        );
        pinpoint.register(registration);
    }
}
